/** Schedule algebra against diffusers' own numbers: lists of timesteps, steps, thresholds, added noise, the course's loop. */
import { alphaBar, cosineBetas } from "../../../src/diffusion/schedule.ts"
import type { TimestepsName } from "../../../src/diffusion/stepping/named-timesteps.ts"
import { timestepsOf } from "../../../src/diffusion/stepping/timesteps.ts"
import type { Check } from "./check.ts"
import { courseRows } from "./scheduler-course.ts"
import { jsonOf, schedulerReference } from "./scheduler-reference.ts"
import { noiseRows, stepRows } from "./scheduler-steps.ts"
import { thresholdRows } from "./scheduler-thresholds.ts"

export const schedulerCheck: Check = {
  name: "scheduler",
  needs: "scheduler/step.json",
  rows: (folder) => {
    const ours = [...alphaBar(cosineBetas(1000))]
    const theirs = schedulerReference(folder, "schedule.safetensors").numbers("alphas_cumprod")
    return [
      { what: "timesteps, lists that differ", error: wrongLists(folder), tolerance: 0 },
      ...stepRows(folder, theirs, ours),
      ...thresholdRows(folder),
      ...noiseRows(folder, theirs, ours),
      ...courseRows(folder, theirs)
    ]
  }
}

const wrongLists = (folder: string): number => {
  const { named_custom_timesteps: named, set_timesteps: counted } = jsonOf(
    folder,
    "timesteps.json"
  ) as {
    readonly set_timesteps: Readonly<Record<string, ReadonlyArray<number>>>
    readonly named_custom_timesteps: Readonly<Record<string, ReadonlyArray<number>>>
  }
  const lists = [
    ...Object.entries(counted).map(([steps, list]) => ({ asked: Number(steps), list })),
    ...Object.entries(named).map(([name, list]) => ({ asked: name as TimestepsName, list }))
  ]
  if (lists.length === 0) return Infinity
  return lists.filter(({ asked, list }) => timestepsOf(asked, 1000).join() !== list.join()).length
}
