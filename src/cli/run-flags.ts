/** Flags of `run` that `plan` shares. */
import type { Flag } from "./command.ts"

export const forceFlag: Flag = {
  name: "force",
  short: "f",
  value: "STAGE",
  repeatable: true,
  summary: "run STAGE even though it is known; a stage, an instance, or a pattern such as `train*`"
}

export const jobsFlag: Flag = {
  name: "jobs",
  short: "j",
  value: "N",
  summary: "N stages at once (default: one a core)"
}
