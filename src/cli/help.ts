/** `--help` of a command, and the overview that `ablate` alone prints. */
import { globalFlags, type Command, type Flag, type FlagGroup } from "./command.ts"
import { commandEntries, commandGroups, type CommandEntry } from "./commands.ts"
import type { Terminal } from "./terminal.ts"
import { padEnd, textWidth, wrap } from "./text.ts"

type Sheet = Pick<Terminal, "columns" | "style">

/** Long lines are hard to read, however wide the terminal. */
const readable = 100

const widthOf = (sheet: Sheet) => Math.min(sheet.columns, readable)

export const commandHelp = (command: Command, summary: string, sheet: Sheet): string => {
  const { bold, dim } = sheet.style
  const width = widthOf(sheet)
  const groups = [...command.flags, globalFlags].filter((group) => group.flags.length > 0)
  const column = Math.max(
    ...groups.flatMap(({ flags }) => flags.map((flag) => flagForm(flag).length))
  )
  const flagLines = ({ flags }: FlagGroup) =>
    flags.map((flag) => entry(flagForm(flag), column, flag.summary, sheet))
  return [
    `${bold(`ablate ${command.name}`)} ${dim("—")} ${summary}`,
    "",
    ...block(
      "Usage",
      command.usage.map((form) => `  ablate ${form}`),
      sheet
    ),
    ...command.description.split(/\n\s*\n/).flatMap((paragraph) => [wrap(paragraph, width), ""]),
    ...block("Examples", exampleLines(command.examples, sheet), sheet),
    ...groups.flatMap((group) => block(group.title, flagLines(group), sheet))
  ].join("\n")
}

/** Lines below a title and an empty line after them; nothing when there are none. */
const block = (title: string, lines: ReadonlyArray<string>, { style }: Sheet) =>
  lines.length === 0 ? [] : [style.bold(title), ...lines, ""]

/** `  -j, --jobs N`, with the long names below each other. */
const flagForm = ({ name, short, value }: Flag): string =>
  `${short === undefined ? "   " : `-${short},`} --${name}${value === undefined ? "" : ` ${value}`}`

/** A name in a column and its text beside it; below it where the terminal is too narrow for both. */
const entry = (name: string, column: number, text: string, sheet: Sheet) => {
  const width = widthOf(sheet)
  const left = column + 4
  const painted = sheet.style.cyan(name)
  return width - left < 24
    ? `  ${painted}\n      ${wrap(text, width - 6, "      ")}`
    : `  ${padEnd(painted, column)}  ${wrapAfter(text, width, left)}`
}

const wrapAfter = (text: string, width: number, left: number) =>
  wrap(text, width - left).replaceAll("\n", `\n${" ".repeat(left)}`)

const exampleLines = (examples: Command["examples"], sheet: Sheet) => {
  const column = Math.max(...examples.map(({ line }) => textWidth(line)))
  const noteColumns = Math.max(...examples.map(({ note }) => textWidth(note)))
  const beside = column + 6 + noteColumns <= widthOf(sheet)
  return examples.map(({ line, note }) =>
    beside
      ? `  ${padEnd(line, column)}  ${sheet.style.dim(`# ${note}`)}`
      : `  ${sheet.style.dim(`# ${note}`)}\n  ${line}`
  )
}

const firstSteps: Command["examples"] = [
  { line: "ablate run quickstart", note: "pipelines/quickstart.yaml, kept in the store" },
  { line: "ablate plan quickstart -S params.seed=7", note: "what another seed would run" },
  { line: "ablate why samples", note: "the story of one stage" }
]

export const overview = (version: string, sheet: Sheet): string => {
  const { bold, dim } = sheet.style
  const column = Math.max(...commandEntries.map(({ name }) => name.length))
  const commandLines = (entries: ReadonlyArray<CommandEntry>) =>
    entries.map(({ name, summary }) => entry(name, column, summary, sheet))
  return [
    `${bold("ablate")} ${dim(version)} ${dim("—")} experiments as pipelines: checked, run once, kept, explained`,
    "",
    ...block("Usage", ["  ablate COMMAND [ARGUMENTS] [FLAGS]"], sheet),
    ...commandGroups.flatMap(({ title, commands }) => block(title, commandLines(commands), sheet)),
    ...block("Start here", exampleLines(firstSteps, sheet), sheet),
    wrap("`ablate COMMAND --help` says more about one of them.", widthOf(sheet)),
    ""
  ].join("\n")
}

/** For a family of two-word commands, `ablate store`. */
export const familyHelp = (
  family: string,
  entries: ReadonlyArray<CommandEntry>,
  sheet: Sheet
): string => {
  const column = Math.max(...entries.map(({ name }) => name.length))
  return [
    ...block("Usage", [`  ablate ${family} COMMAND [ARGUMENTS] [FLAGS]`], sheet),
    ...block(
      "Commands",
      entries.map(({ name, summary }) => entry(name, column, summary, sheet)),
      sheet
    )
  ].join("\n")
}
