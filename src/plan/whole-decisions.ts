/** Decisions about instances, each as one with those about its parts: what people are told of a plan. */
import { causeLine, firstCause } from "./explain.ts"
import { ownerOf, partOf } from "./instance-name.ts"
import { wholesOf } from "./parts.ts"
import type { Cause, Decision, Plan } from "./plan.ts"

export interface WholeDecision {
  /** Of the instance, also where only parts of it are in the plan. */
  readonly id: string
  readonly stage: string
  /** `run` when any of it is certain to run. */
  readonly state: Decision["state"]
  /** About the instance itself, or the last of its parts where it is not in the plan. */
  readonly own: Decision
  readonly parts: ReadonlyArray<Decision>
  /** The first of its parts to run, or else the first that is not known. */
  readonly firstOpen?: Exclude<Decision, { readonly state: "known" }>
  /** Why it is not known: of the part where that says more. */
  readonly causes: ReadonlyArray<Cause>
}

export const wholeDecisions = ({ decisions }: Plan): ReadonlyArray<WholeDecision> =>
  wholesOf(decisions, ({ instance }) => instance.id).flatMap(({ id, own, parts }) => {
    const last = own ?? parts.at(-1)
    if (last === undefined) return []
    const open = parts.filter((part) => part.state !== "known")
    const firstOpen = open.find(({ state }) => state === "run") ?? open[0]
    const states = new Set([...open, last].map(({ state }) => state))
    const ownCauses = last.state === "known" ? [] : last.causes
    return [
      {
        id,
        stage: last.instance.stage,
        state: states.has("run") ? "run" : states.has("depends") ? "depends" : "known",
        own: last,
        parts,
        ...(firstOpen === undefined ? {} : { firstOpen }),
        causes:
          firstOpen === undefined || firstOpen.causes.length === 0 ? ownCauses : firstOpen.causes
      }
    ]
  })

/** Instances outside of it that it waits for, each once. */
export const waitsFor = ({ id, own, parts }: WholeDecision): ReadonlyArray<string> => {
  const on = [...parts, own].flatMap((one) => (one.state === "depends" ? one.on : []))
  return [...new Set(on)].filter((other) => ownerOf(other) !== id)
}

/** As one line: `from epoch-3: adds to epoch-2` where a part is the first to run. */
export const wholeCause = (whole: WholeDecision): string => {
  const { firstOpen, own } = whole
  if (firstOpen === undefined) return firstCause(own)
  if (firstOpen.causes.length > 0) return `from ${partCause(firstOpen)}`
  if (whole.causes.length > 0) return firstCause(own)
  return firstCause(firstOpen)
}

/** `epoch-3: adds to epoch-2` */
const partCause = (decision: Decision): string => {
  const { id } = decision.instance
  return `${partOf(id) ?? id}: ${reasonOfPart(decision)}`
}

/** Without "new" where the rest says it. */
export const reasonOfPart = (decision: Decision): string => {
  const [first, ...others] = decision.state === "known" ? [] : decision.causes
  return first?.kind === "new" && others.length === 0
    ? causeLine(first).replace("new: adds", "adds")
    : firstCause(decision)
}
