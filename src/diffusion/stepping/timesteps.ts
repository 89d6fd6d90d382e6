/** Which timesteps a sampler steps through, from what a user asks for. Apart from its schema, so that numbers load none. */
import { UserError } from "../../base/user-error.ts"
import { namedTimesteps, namedTimestepsOf, type TimestepsName } from "./named-timesteps.ts"
import { leading, linspace, strided, trailing } from "./spacings.ts"

/** What `TimestepsParam` decodes to. A number n is `{ kind: "leading", steps: n, offset: 0 }`. */
export type Timesteps =
  | number
  | TimestepsName
  | ReadonlyArray<number>
  | { readonly kind: "strided"; readonly from: number; readonly stride: number }
  | { readonly kind: "linspace" | "trailing"; readonly steps: number }
  | { readonly kind: "leading"; readonly steps: number; readonly offset: number }

interface Issue {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly hint: string
}

/**
 * What is wrong with the timesteps for a process of so many; each path is below the parameter.
 *
 * @param timesteps T of the process
 */
export const timestepsIssues = (asked: Timesteps, timesteps: number): ReadonlyArray<Issue> => {
  if (typeof asked === "string") return nameIssues(asked, timesteps)
  if (typeof asked === "number") return stepsIssues([], asked, timesteps)
  if ("kind" in asked) {
    return asked.kind === "strided"
      ? stridedIssues(asked.from, asked.stride, timesteps)
      : spacedIssues(asked, timesteps)
  }
  return listIssues(asked, timesteps)
}

/**
 * The list: at least one timestep, each from 0 to T - 1, falling.
 *
 * @param timesteps T of the process
 * @throws UserError with the first of `timestepsIssues`
 */
export const timestepsOf = (asked: Timesteps, timesteps: number): ReadonlyArray<number> => {
  const [issue] = timestepsIssues(asked, timesteps)
  if (issue !== undefined) throw new UserError(issue.message, { hint: issue.hint })
  if (typeof asked === "string") return namedTimesteps(asked)
  if (typeof asked === "number") return leading(timesteps, asked, 0)
  if (!("kind" in asked)) return asked
  switch (asked.kind) {
    case "strided":
      return strided(asked.from, asked.stride)
    case "linspace":
      return linspace(timesteps, asked.steps)
    case "leading":
      return leading(timesteps, asked.steps, asked.offset)
    default:
      return trailing(timesteps, asked.steps)
  }
}

const nameIssues = (name: TimestepsName, timesteps: number): ReadonlyArray<Issue> =>
  timesteps === namedTimestepsOf
    ? []
    : [
        {
          path: [],
          message: `${name} is a list for ${namedTimestepsOf} timesteps, and the schedule has ${timesteps}`,
          hint: "give a number of steps, or the timesteps themselves"
        }
      ]

const stepsIssues = (
  path: ReadonlyArray<string>,
  steps: number,
  timesteps: number
): ReadonlyArray<Issue> => {
  if (isCount(steps) && steps <= timesteps) return []
  return [
    {
      path,
      message: isCount(steps)
        ? `${steps} steps are more than the schedule's ${timesteps} timesteps`
        : `expected a whole number of steps of 1 or more, got ${steps}`,
      hint: `give from 1 to ${timesteps} steps`
    }
  ]
}

const stridedIssues = (from: number, stride: number, timesteps: number): ReadonlyArray<Issue> => [
  ...timestepIssues(["from"], from, timesteps),
  ...(isCount(stride)
    ? []
    : [
        {
          path: ["stride"],
          message: `expected a whole number of 1 or more, got ${stride}`,
          hint: "a stride is how many timesteps lie between two steps"
        }
      ])
]

const spacedIssues = (
  asked: Exclude<Extract<Timesteps, { readonly kind: string }>, { readonly kind: "strided" }>,
  timesteps: number
): ReadonlyArray<Issue> => {
  const issues = stepsIssues(["steps"], asked.steps, timesteps)
  if (asked.kind !== "leading" || issues.length > 0) return issues
  const { offset, steps } = asked
  const highest = (steps - 1) * Math.floor(timesteps / steps)
  if (Number.isInteger(offset) && offset >= 0 && highest + offset < timesteps) return []
  return [
    {
      path: ["offset"],
      message: `with an offset of ${offset} the first timestep is ${highest + offset}, which is not one of 0 to ${timesteps - 1}`,
      hint: `give an offset from 0 to ${timesteps - 1 - highest}, or fewer steps`
    }
  ]
}

const listIssues = (list: ReadonlyArray<number>, timesteps: number): ReadonlyArray<Issue> => {
  if (list.length === 0) {
    return [{ path: [], message: "there are no timesteps", hint: "list at least one" }]
  }
  return list.flatMap((timestep, index) => {
    const outside = timestepIssues([index], timestep, timesteps)
    const before = list[index - 1]
    if (outside.length > 0 || before === undefined || timestep < before) return outside
    return [
      {
        path: [index],
        message:
          timestep === before
            ? `timestep ${timestep} is there twice`
            : `timestep ${timestep} comes after ${before}, which is lower`,
        hint: "list timesteps from the noisiest to the cleanest, each once, such as [990, 500, 0]"
      }
    ]
  })
}

const timestepIssues = (
  path: ReadonlyArray<string | number>,
  timestep: number,
  timesteps: number
): ReadonlyArray<Issue> =>
  Number.isInteger(timestep) && timestep >= 0 && timestep < timesteps
    ? []
    : [
        {
          path,
          message: `the schedule has no timestep ${timestep}`,
          hint: `its timesteps are 0 to ${timesteps - 1}`
        }
      ]

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1
