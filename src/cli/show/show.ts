/** What `ablate show` does with each kind of thing. */
import { existsSync, statSync } from "node:fs"
import { join, resolve } from "node:path"
import { UserError } from "../../base/user-error.ts"
import type { CommandContext } from "../command.ts"
import { bytes, count } from "../format.ts"
import { writeResult } from "../output-file.ts"
import { existingStore, openProject, type Project } from "../project.ts"
import { table } from "../table.ts"
import { type History, openHistory } from "../what/history.ts"
import { findWhat, type What } from "../what/what.ts"
import { exportValue, nameInFolder } from "./export.ts"
import { isRecipeFile, loadFile, printFile } from "./file.ts"
import { type InstanceReport, loadInstance, printInstance } from "./instance.ts"
import { printValue } from "./print-value.ts"
import { loadRun, printRun } from "./run.ts"
import { type LoadedValue, loadValue } from "./value.ts"

export const showWhat = async (context: CommandContext): Promise<number> => {
  const { args, cwd, flags } = context
  const project = await openProject(context)
  const word = args[0] ?? flags.text("run") ?? "last"
  if (isFileHere(word, cwd)) {
    const report = await loadFile(word, cwd, historyIfThere(project))
    if (context.json) context.printJson({ kind: "file", ...report })
    else printFile(report, context)
    return 0
  }
  const history = openHistory(existingStore(project))
  const what = findWhat(history, word, args[0] === undefined ? undefined : flags.text("run"))
  const file = flags.text("output")
  if (file !== undefined) await writeValues(file, valuesOf(history, what), context)
  else if (context.json) printJson(history, what, context)
  else await print(history, what, context)
  return 0
}

/** A word with the ending of a file is one where such a file is: no stage or run has a name like that. */
const isFileHere = (word: string, cwd: string): boolean =>
  isRecipeFile(word) && statSync(resolve(cwd, word), { throwIfNoEntry: false })?.isFile() === true

const historyIfThere = (project: Project): History | undefined =>
  existsSync(join(project.storeRoot, "store.json")) ? openHistory(project.store) : undefined

const print = async (history: History, what: What, context: CommandContext): Promise<void> => {
  const { out, verbose } = context
  switch (what.kind) {
    case "run":
      printRun(loadRun(history, what.run), out, verbose)
      break
    case "instance":
      await printInstance(loadInstance(history, what.run, what.entry), context)
      break
    case "instances":
      await printInstances(history, what, context)
      break
    case "value":
      await printValue(loadNamed(history, what), context)
      break
    case "action":
      await printInstance(loadAction(history, what), context)
      break
    case "blob": {
      const path = history.store.blobs.path(what.digest)
      out.line(
        `${out.style.bold(what.digest.slice(0, 16))}  a file of ${bytes(statSync(path).size)}`
      )
      out.line(`  ${path}`)
    }
  }
}

const loadNamed = (history: History, what: Extract<What, { kind: "value" }>): LoadedValue =>
  loadValue(history, what.output, {
    ...(what.run === undefined ? {} : { run: what.run }),
    ...(what.entry === undefined ? {} : { instance: what.entry.id })
  })

/** A key by itself: the instance of the newest run that has it, else what the recipe says. */
const loadAction = (
  history: History,
  { action }: Extract<What, { kind: "action" }>
): InstanceReport => {
  for (const run of history.runs) {
    const entry = history.manifest(run)?.instances.find(({ key }) => key === action.key)
    if (entry !== undefined) return loadInstance(history, run, entry)
  }
  return {
    id: action.key.slice(0, 16),
    uses: action.recipe.uses,
    run: "any run",
    inputs: [],
    outputs: Object.entries(action.outputs).map(([port, output]) =>
      Object.assign({ port }, loadValue(history, output, {}))
    )
  }
}

/** One line each; pictures of all of them would push each other off the screen. */
const printInstances = async (
  history: History,
  { entries, port, run }: Extract<What, { kind: "instances" }>,
  context: CommandContext
): Promise<void> => {
  const { out } = context
  out.line(`${count(entries.length, "instance")} in ${out.style.bold(run.name)}`)
  const rows = entries.flatMap(({ id, outputs }) =>
    Object.entries(outputs ?? {})
      .filter(([name]) => port === undefined || name === port)
      .map(([name, { digest, type }]) => [
        `${id}.${name}`,
        type,
        digest.slice(0, 12),
        history.store.blobs.has(digest) ? "" : "no longer in the store"
      ])
  )
  const columns = [{}, { flexible: true }, { paint: out.style.dim }, { paint: out.style.yellow }]
  for (const line of table(columns, rows, out, "  ")) out.line(line)
}

const valuesOf = (history: History, what: What): ReadonlyArray<LoadedValue> => {
  switch (what.kind) {
    case "value":
      return [loadNamed(history, what)]
    case "instance":
      return loadInstance(history, what.run, what.entry).outputs
    case "instances":
      return what.entries
        .flatMap((entry) => loadInstance(history, what.run, entry).outputs)
        .filter((output) => what.port === undefined || output.port === what.port)
    case "run":
      return (history.manifest(what.run)?.instances ?? []).flatMap(
        (entry) => loadInstance(history, what.run, entry).outputs
      )
    case "action":
      return loadAction(history, what).outputs
    default:
      throw new UserError("this digest is of a file inside of a value", {
        hint: `it lies at ${history.store.blobs.path(what.digest)}`
      })
  }
}

const writeValues = async (
  file: string,
  values: ReadonlyArray<LoadedValue>,
  context: CommandContext
): Promise<void> => {
  const [first] = values
  if (first === undefined) throw new UserError("there is no value to write", { exitCode: 1 })
  const intoFolder = /[/\\]$/.test(file) || isFolder(resolve(context.cwd, file))
  if (values.length > 1 && !intoFolder) {
    const names = values
      .slice(0, 6)
      .map(({ report: { made } }) => `${made?.instance}.${made?.port}`)
    throw new UserError(`${values.length} values cannot be written into one file`, {
      hint: `name one of them (${names.join(", ")}), or a folder: -o ${file}/`
    })
  }
  const written: Array<string> = []
  for (const value of values) {
    const name = intoFolder ? join(file, nameInFolder(value)) : file
    writeResult(name, await exportValue(value, name), {
      ...context,
      quiet: context.quiet || context.json
    })
    written.push(name)
  }
  if (context.json) context.printJson({ kind: "files", files: written })
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

const printJson = (history: History, what: What, context: CommandContext): void => {
  switch (what.kind) {
    case "run":
      return context.printJson({ kind: "run", ...loadRun(history, what.run) })
    case "instance":
      return context.printJson({
        kind: "instance",
        ...plain(loadInstance(history, what.run, what.entry))
      })
    case "instances":
      return context.printJson({
        kind: "instances",
        run: what.run.name,
        instances: what.entries.map((entry) => plain(loadInstance(history, what.run, entry)))
      })
    case "value":
      return context.printJson({ kind: "value", ...loadNamed(history, what).report })
    case "action":
      return context.printJson({ kind: "instance", ...plain(loadAction(history, what)) })
    case "blob":
      return context.printJson({
        kind: "blob",
        digest: what.digest,
        path: history.store.blobs.path(what.digest)
      })
  }
}

/** Without the values themselves. */
const plain = (report: InstanceReport) => ({
  ...report,
  outputs: report.outputs.map(({ port, report }) => ({ port, ...report }))
})
