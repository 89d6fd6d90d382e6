/** What `ablate diff` does with each pair of things. */
import { UserError } from "../../base/user-error.ts"
import type { CommandContext } from "../command.ts"
import { existingStore, openProject } from "../project.ts"
import { type History, openHistory, originOf } from "../what/history.ts"
import { findWhat, requireRun, type What } from "../what/what.ts"
import { compareInstances, type Side } from "./instances.ts"
import { outputText, printInstanceDifference, printRunDifference } from "./print.ts"
import { compareRuns } from "./runs.ts"
import { compareOutputs } from "./values.ts"

/** @returns 1 when they differ */
export const diffWhat = async (context: CommandContext): Promise<number> => {
  const { args, quiet } = context
  const project = await openProject(context)
  const history = openHistory(existingStore(project))
  const [before, after, ...stages] = pairOf(history, args)
  const deep = !quiet
  if (before.kind === "run" && after.kind === "run") {
    return runs(history, before, after, stages, deep, context)
  }
  if (stages.length > 0) {
    throw new UserError("stages can be named only after two runs", {
      hint: "`ablate diff last~1 last STAGE`"
    })
  }
  if (before.kind === "value" && after.kind === "value") {
    return values(history, before, after, deep, context)
  }
  return instances(history, sideOf(history, before), sideOf(history, after), deep, context)
}

/** Without arguments the newest run against the one before it; with one, that one against the newest. */
const pairOf = (
  history: History,
  [first, second, ...stages]: ReadonlyArray<string>
): readonly [What, What, ...ReadonlyArray<string>] => {
  if (first === undefined || second === undefined) {
    const before = requireRun(history, first ?? "last~1")
    return [
      { kind: "run", run: before },
      { kind: "run", run: requireRun(history, "last") }
    ]
  }
  return [findWhat(history, first), findWhat(history, second), ...stages]
}

const runs = (
  history: History,
  before: Extract<What, { kind: "run" }>,
  after: Extract<What, { kind: "run" }>,
  stages: ReadonlyArray<string>,
  deep: boolean,
  context: CommandContext
): number => {
  const parts = context.json || context.verbose
  const difference = compareRuns(history, before.run, after.run, stages, { deep, parts })
  if (context.json) context.printJson({ kind: "runs", ...difference })
  else if (!context.quiet) {
    printRunDifference(difference, { out: context.out, all: context.verbose })
  }
  return difference.different ? 1 : 0
}

const instances = (
  history: History,
  before: Side,
  after: Side,
  deep: boolean,
  context: CommandContext
): number => {
  const difference = compareInstances(history, before, after, deep)
  if (context.json) context.printJson({ kind: "instances", ...difference })
  else if (!context.quiet) {
    printInstanceDifference(difference, { out: context.out, all: context.verbose })
  }
  return difference.different ? 1 : 0
}

const values = (
  history: History,
  before: Extract<What, { kind: "value" }>,
  after: Extract<What, { kind: "value" }>,
  deep: boolean,
  context: CommandContext
): number => {
  const output = compareOutputs(history, before.output, after.output, deep)
  const different = output.state !== "same"
  if (context.json) {
    context.printJson({
      kind: "values",
      before: before.output,
      after: after.output,
      ...output,
      different
    })
  } else if (!context.quiet) {
    const { bold } = context.out.style
    const names = [before, after].map((what) => nameOf(history, what))
    context.out.line(`${bold(names[0] ?? "")} → ${bold(names[1] ?? "")}`)
    for (const line of outputText(output, context.verbose).split("\n"))
      context.out.line(`  ${line}`)
  }
  return different ? 1 : 0
}

const nameOf = (
  history: History,
  { entry, output, port, run }: Extract<What, { kind: "value" }>
) => {
  if (entry !== undefined && port !== undefined) return `${entry.id}.${port}`
  const origin = originOf(history, { value: output.digest, ...(run === undefined ? {} : { run }) })
  return origin?.port === undefined
    ? output.digest.slice(0, 16)
    : `${origin.instance}.${origin.port}`
}

/** @throws UserError for what is neither an instance nor a key of one */
const sideOf = (history: History, what: What): Side => {
  switch (what.kind) {
    case "instance":
      return { run: what.run, entry: what.entry }
    case "action": {
      const { key } = what.action
      for (const run of history.runs) {
        const entry = history.manifest(run)?.instances.find((entry) => entry.key === key)
        if (entry !== undefined) return { run, entry }
      }
      throw new UserError(`no run in the store has the key ${key.slice(0, 16)}`)
    }
    case "instances": {
      const ids = what.entries.slice(0, 6).map(({ id }) => id)
      throw new UserError(`${what.entries.length} instances cannot be compared with one thing`, {
        hint: `name one of them: ${ids.join(", ")}`
      })
    }
    case "run":
      throw new UserError(`${what.run.name} is a run, and the other is not`, {
        hint: "compare two runs, two instances of stages, or two values"
      })
    case "value":
      throw new UserError("one is a value, and the other is not", {
        hint: "write both as STAGE.port"
      })
    default:
      throw new UserError(`${what.digest.slice(0, 16)} is a file inside of a value`, {
        hint: "compare the values: STAGE.port, or their digests"
      })
  }
}
