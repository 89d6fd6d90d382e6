/** All that can be told about one stage instance: what `why` prints. */
import type { Digest } from "../base/digest.ts"
import type { CheckedPipeline } from "../language/pipeline.ts"
import type { ActionOutput, CodeDescription, Recipe } from "../store/action.ts"
import type { PlanContext } from "./decide.ts"
import { causeLine, firstCause } from "./explain.ts"
import { ownerOf } from "./instance-name.ts"
import { forEachInput, recipeOf } from "./keys.ts"
import { type Origin, originOf } from "./origin.ts"
import { partNames } from "./parts.ts"
import type { Cause, Decision, Plan } from "./plan.ts"
import { showValue } from "./show-value.ts"
import { reasonOfPart, wholeDecisions } from "./whole-decisions.ts"

export interface Story {
  readonly id: string
  readonly uses: string
  readonly state: Decision["state"]
  /** The first cause, as one line. */
  readonly reason: string
  readonly causes: ReadonlyArray<Cause>
  readonly expectedSeconds?: number
  /** Absent while inputs are unknown. */
  readonly key?: Digest
  readonly recipe?: Recipe
  readonly code: CodeDescription
  /** When known. */
  readonly outputs?: { readonly [port: string]: ActionOutput }
  /** Which run computed it; also of the result that it had before, when it has to run again. */
  readonly origin?: Origin
  /** Whether an earlier run had a result of it. */
  readonly ranBefore: boolean
  /** By port, what it reads: instances, and how they stand. */
  readonly inputs: ReadonlyArray<{
    readonly port: string
    readonly from: string
    /** Whether it comes from one of its own parts. */
    readonly own?: true
    readonly state: Decision["state"]
  }>
  /** Of a stage that has parts: how these stand. */
  readonly parts?: {
    /** Names, in order. */
    readonly known: ReadonlyArray<string>
    readonly open: ReadonlyArray<string>
    /** The first that is not known, and why. */
    readonly first?: { readonly name: string; readonly state: string; readonly reason: string }
  }
  /** For one that depends: the ways to what has to run first, each from there to the instance. */
  readonly chains: ReadonlyArray<Chain>
}

export interface Chain {
  readonly root: { readonly id: string; readonly reason: string }
  /** Ids from the root to the instance, both included. */
  readonly path: ReadonlyArray<string>
}

/**
 * @param plan explained, and of all instances that the one needs
 * @param latestKey the key that the instance had in earlier runs (`History.latest`)
 */
export const story = (
  id: string,
  plan: Plan,
  pipeline: CheckedPipeline,
  context: PlanContext,
  latestKey?: Digest
): Story => {
  const decisions = new Map(plan.decisions.map((decision) => [decision.instance.id, decision]))
  const decision = decisions.get(id)
  const instance = pipeline.instances.find((instance) => instance.id === id)
  if (decision === undefined || instance === undefined)
    throw new TypeError(`${id} is not in the plan`)
  const code = context.code.get(instance.uses)
  if (code === undefined) throw new TypeError(`there is no fingerprint of ${instance.uses}`)

  const outputsOf = (of: string) => {
    const found = decisions.get(of)
    return found?.state === "known" ? found.outputs : undefined
  }
  const recipe = decision.state === "depends" ? undefined : recipeOf(instance, outputsOf, context)
  const key = decision.state === "depends" ? undefined : decision.key
  const madeAs = decision.state === "known" ? decision.key : latestKey
  const origin = madeAs === undefined ? undefined : originOf(context.store, madeAs)
  const parts = instance.part === undefined ? partsOf(id, plan) : { known: [], open: [] }
  const inputs: Array<Story["inputs"][number]> = []
  for (const [port, input] of Object.entries(instance.inputs)) {
    const sources = input.kind === "one" ? [input.from] : input.items.map(({ from }) => from)
    for (const from of sources) {
      const { state = "depends" } = decisions.get(from.instance) ?? {}
      const own =
        ownerOf(from.instance) === id && from.instance !== id ? { own: true as const } : {}
      inputs.push({ port, from: `${from.instance}.${from.port}`, state, ...own })
    }
  }
  return {
    id,
    uses: instance.uses,
    state: decision.state,
    reason: firstCause(decision),
    causes: decision.state === "known" ? [] : decision.causes,
    ...(decision.state === "known" || decision.expectedSeconds === undefined
      ? {}
      : { expectedSeconds: decision.expectedSeconds }),
    ...(key === undefined ? {} : { key }),
    ...(recipe === undefined ? {} : { recipe }),
    code,
    ...(decision.state === "known" ? { outputs: decision.outputs } : {}),
    ...(origin === undefined ? {} : { origin }),
    ranBefore: latestKey !== undefined,
    inputs,
    ...(parts.known.length + parts.open.length === 0 ? {} : { parts }),
    // That it waits for its own parts is told with these.
    chains:
      decision.state === "depends"
        ? chainsTo(decision, decisions).filter(({ root }) => ownerOf(root.id) !== id)
        : []
  }
}

const partsOf = (id: string, { decisions }: Plan): NonNullable<Story["parts"]> => {
  const whole = wholeDecisions({
    decisions: decisions.filter(({ instance }) => ownerOf(instance.id) === id)
  })[0]
  const named = (whole?.parts ?? []).map((part) => [part.instance.part ?? "", part.state] as const)
  const first = whole?.firstOpen
  return {
    known: named.flatMap(([name, state]) => (state === "known" ? [name] : [])),
    open: named.flatMap(([name, state]) => (state === "known" ? [] : [name])),
    ...(first?.instance.part === undefined
      ? {}
      : {
          first: { name: first.instance.part, state: first.state, reason: reasonOfPart(first) }
        })
  }
}

/** Backwards over what is not known, breadth first, so that each chain is a shortest one. */
const chainsTo = (
  decision: Decision,
  decisions: ReadonlyMap<string, Decision>
): ReadonlyArray<Chain> => {
  const chains: Array<Chain> = []
  const next = new Map<string, string | undefined>([[decision.instance.id, undefined]])
  // A map is iterated in the order of insertion, also over what is added on the way.
  for (const id of next.keys()) {
    const at = decisions.get(id)
    if (at === undefined || at.state === "known") continue
    if (at.state === "run")
      chains.push({ root: { id, reason: firstCause(at) }, path: pathFrom(id, next) })
    else {
      forEachInput(at.instance, (from) => {
        const isKnown = decisions.get(from.instance)?.state === "known"
        if (!isKnown && !next.has(from.instance)) next.set(from.instance, id)
      })
    }
  }
  return chains
}

const pathFrom = (
  id: string,
  next: ReadonlyMap<string, string | undefined>
): ReadonlyArray<string> => {
  const path: Array<string> = []
  for (let at: string | undefined = id; at !== undefined; at = next.get(at)) path.push(at)
  return path
}

const stateWords: { readonly [S in Decision["state"]]: string } = {
  known: "known",
  run: "will run",
  depends: "depends on results that are not known yet"
}

/** Chains and inputs beyond this many are counted, not listed. */
const mostListed = 12

/** The story as lines of plain text. */
export const storyLines = (told: Story): ReadonlyArray<string> => [
  `${told.id} (${told.uses}): ${stateWords[told.state]}`,
  ...section("why", [
    ...(told.state === "known"
      ? ["its result is in the store: no part of its recipe has changed"]
      : []),
    ...told.causes.flatMap(causeLines),
    ...(told.state === "depends" && told.causes.length === 0
      ? [
          told.ranBefore
            ? "nothing else has changed: with equal inputs it will be known"
            : "it has not run before"
        ]
      : [])
  ]),
  ...section("parts", partLines(told)),
  ...section(
    "waits for",
    told.chains.map(
      ({ path, root }) =>
        `${path.join(" → ")}, since ${root.id === told.id ? "it" : root.id} runs: ${root.reason}`
    )
  ),
  ...section(told.state === "known" ? "made" : "made before", originLines(told)),
  ...section(
    "expected",
    told.expectedSeconds === undefined ? [] : [showSeconds(told.expectedSeconds)]
  ),
  ...section("key", told.key === undefined ? [] : [told.key]),
  ...section("parameters", told.recipe === undefined ? [] : parameterLines(told.recipe)),
  ...section("inputs", inputLines(told)),
  ...section(
    "files",
    Object.entries(told.recipe?.files ?? {}).map(([param, digest]) => `${param}: ${digest}`)
  ),
  ...section("code", [
    told.code.fingerprint,
    ...Object.keys(told.code.modules),
    ...Object.entries(told.code.packages).map(([name, version]) => `${name}@${version}`)
  ]),
  ...section("engine", told.recipe?.numerics === undefined ? [] : [told.recipe.numerics]),
  ...section(
    "outputs",
    Object.entries(told.outputs ?? {}).map(
      ([port, { digest, type }]) => `${port}: ${type} ${digest}`
    )
  )
]

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (lines.length === 0) return []
  const shown = lines.length <= mostListed + 1 ? lines : lines.slice(0, mostListed)
  const rest = lines.length - shown.length
  const all = rest === 0 ? shown : [...shown, `and ${rest} more`]
  return all.map((line, index) => `  ${(index === 0 ? title : "").padEnd(12)}${line}`)
}

const causeLines = (cause: Cause): ReadonlyArray<string> => {
  if (cause.kind === "new" && cause.like !== undefined) {
    const { differences, id } = cause.like
    return [
      `new: no run has had it; most like ${id}, but`,
      ...differences.map((one) => `  ${causeLine(one)}`)
    ]
  }
  if (cause.kind === "code" && cause.files.length > 1)
    return cause.files.map((file) => `code: ${file}`)
  if (cause.kind === "input" && cause.from.length > 2) {
    return [`input ${cause.port}: ${cause.what}, from`, ...cause.from.map((id) => `  ${id}`)]
  }
  return [causeLine(cause)]
}

const originLines = ({ id, origin, state }: Story): ReadonlyArray<string> => {
  if (origin === undefined)
    return state === "known" ? ["by a run that the store no longer has"] : []
  const whom = origin.id === id ? "" : `, as ${origin.id}`
  const when = new Date(origin.atMs).toISOString()
  return [
    `by run ${origin.run} at ${when} in ${showSeconds(origin.seconds)}${whom}`,
    `it ran because: ${origin.reason}`
  ]
}

const showSeconds = (seconds: number): string =>
  seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`

const parameterLines = ({ params }: Recipe): ReadonlyArray<string> =>
  Object.entries(params).map(([name, value]) => `${name}: ${showValue(value)}`)

const inputLines = ({ inputs, recipe }: Story): ReadonlyArray<string> =>
  [...Map.groupBy(inputs, ({ port }) => port)].flatMap(([port, values]) => {
    if (values.length > 1 && values.every(({ own }) => own === true)) {
      return [`${port}: from ${values.length} of its parts`]
    }
    return values.map(({ from, state }) => {
      const digest = recipe?.inputs[port]
      const known = typeof digest === "string" ? ` ${digest}` : ""
      return `${port}: from ${from}${known}${state === "known" ? "" : `, which ${stateWords[state]}`}`
    })
  })

/** `epoch-2 is the first that runs: learningRate: 1e-2 → 1e-3; epoch-1 is known` */
const partLines = ({ parts }: Story): ReadonlyArray<string> => {
  if (parts === undefined) return []
  const { first, known, open } = parts
  if (first === undefined) return [`${partNames(known)}: all known`]
  const how = first.state === "run" ? "is the first that runs" : "is the first that is not known"
  const others =
    known.length === 0
      ? `none of ${open.length} is known`
      : `${partNames(known)} ${known.length === 1 ? "is" : "are"} known`
  return [`${first.name} ${how}: ${first.reason}; ${others}`]
}
