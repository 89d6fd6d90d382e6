/** From the words of a call to an exit code: finds the command, parses, runs it, prints what went wrong. */
import { statSync } from "node:fs"
import { resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import { ablateVersion } from "../base/version.ts"
import type { Command, CommandContext } from "./command.ts"
import { commandEntries, hiddenEntries, type CommandEntry } from "./commands.ts"
import { parseCall, splitCommand, type Call } from "./parse.ts"
import { openTerminal, type Terminal } from "./terminal.ts"

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** Absolute. */
  readonly cwd: string
  /** Absolute path of the `stages/` folder that ablate itself brings. */
  readonly ownStages: string
  readonly out: Terminal
  readonly err: Terminal
}

/** Version of the shape of every JSON document that a command prints. */
const jsonVersion = 1

export const main = async (
  argv: ReadonlyArray<string>,
  ownStages: string,
  env: NodeJS.ProcessEnv
): Promise<number> =>
  call(argv, {
    env,
    cwd: process.cwd(),
    ownStages,
    out: openTerminal(1, env),
    err: openTerminal(2, env)
  })

/** `main` with everything around it given, for tests. */
export const call = async (argv: ReadonlyArray<string>, around: Surroundings): Promise<number> => {
  const { err } = around
  // What a mistake in the call itself is printed as has to be known before the call is understood.
  const end = argv.indexOf("--")
  const flags = end < 0 ? argv : argv.slice(0, end)
  const asked = { json: flags.includes("--json"), name: "ablate" }
  if (flags.includes("--no-color")) for (const side of [around.out, err]) side.setColor("never")
  try {
    return await dispatch(argv, around, (name) => {
      asked.name = name
    })
  } catch (error) {
    const { printError } = await import("./print-error.ts")
    return await printError(error, { ...around, ...asked, version: jsonVersion })
  }
}

const dispatch = async (
  argv: ReadonlyArray<string>,
  around: Surroundings,
  called: (name: string) => void
): Promise<number> => {
  const { before, name, rest } = splitCommand(argv)
  if (name === undefined || name === "help") return help(before, rest, around)
  const isAskedFor = rest.every((word) => word.startsWith("-")) && asksForHelp([...before, ...rest])
  if (isAskedFor && familyOf(name).length > 0) return printFamily(name, around)
  const { entry, args } = await findCommand(name, rest, around)
  called(entry.name)
  const { command } = await entry.load()
  const parsed = await parseCall(command, [...before, ...args])
  if (parsed.flags.has("version")) return printVersion(around)
  if (parsed.flags.has("help")) return printHelp(command, entry, around)
  return command.run(contextOf(entry.name, parsed, around))
}

const asksForHelp = (words: ReadonlyArray<string>) =>
  words.includes("--help") || words.includes("-h")

/** The commands of two words that begin with this one. */
const familyOf = (name: string): ReadonlyArray<CommandEntry> =>
  commandEntries.filter((entry) => entry.name.startsWith(`${name} `))

const contextOf = (name: string, { args, flags }: Call, around: Surroundings): CommandContext => ({
  ...around,
  name,
  args,
  flags,
  cwd: folderOf(around.cwd, flags.text("directory")),
  json: flags.has("json"),
  quiet: flags.has("quiet"),
  verbose: flags.has("verbose"),
  printJson: (body) => {
    around.out.line(JSON.stringify({ version: jsonVersion, command: name, ...body }, undefined, 2))
  }
})

/** Where `-C` says that the call works. */
const folderOf = (cwd: string, directory: string | undefined): string => {
  if (directory === undefined) return cwd
  const folder = resolve(cwd, directory)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder
  throw new UserError(`there is no folder ${folder}`, { hint: `-C named it: ${directory}` })
}

/** `store gc` is one command of two words. */
const findCommand = async (
  name: string,
  rest: ReadonlyArray<string>,
  around: Surroundings
): Promise<{ readonly entry: CommandEntry; readonly args: ReadonlyArray<string> }> => {
  const single = [...commandEntries, ...hiddenEntries].find((entry) => entry.name === name)
  if (single !== undefined) return { entry: single, args: rest }
  const family = familyOf(name)
  const second = rest.find((word) => !word.startsWith("-"))
  const member = family.find((entry) => entry.name === `${name} ${second}`)
  if (member !== undefined)
    return { entry: member, args: rest.toSpliced(rest.indexOf(second ?? ""), 1) }
  const { nearest } = await import("../base/nearest.ts")
  if (family.length > 0) {
    const { familyHelp } = await import("./help.ts")
    const names = family.map((entry) => entry.name.slice(name.length + 1))
    if (second === undefined) {
      throw new UserError(`ablate ${name} needs a command`, {
        hint: familyHelp(name, family, around.err)
      })
    }
    const close = nearest(second, names)
    throw new UserError(`there is no command "${name} ${second}"`, {
      hint:
        close === undefined
          ? `there are ${names.join(", ")}`
          : `did you mean \`ablate ${name} ${close}\`?`
    })
  }
  const close = nearest(
    name,
    commandEntries.map((entry) => entry.name)
  )
  throw new UserError(`there is no command "${name}"`, {
    hint: close === undefined ? "`ablate` alone lists them" : `did you mean \`ablate ${close}\`?`
  })
}

/** `ablate`, `ablate --help`, `ablate --version`, `ablate help [COMMAND]`. */
const help = async (
  before: ReadonlyArray<string>,
  rest: ReadonlyArray<string>,
  around: Surroundings
): Promise<number> => {
  const { flags } = await parseCall(
    { name: "COMMAND", flags: [], args: { min: 0, max: 2 }, usage: ["COMMAND"] },
    [...before, ...rest]
  )
  if (flags.has("version")) return printVersion(around)
  const [name, ...others] = rest.filter((word) => !word.startsWith("-"))
  if (name !== undefined) {
    if (others.length === 0 && familyOf(name).length > 0) return printFamily(name, around)
    const { entry } = await findCommand(name, others, around)
    return printHelp((await entry.load()).command, entry, around)
  }
  const { overview } = await import("./help.ts")
  around.out.write(overview(ablateVersion(), around.out))
  return 0
}

const printHelp = async (command: Command, entry: CommandEntry, around: Surroundings) => {
  const { commandHelp } = await import("./help.ts")
  around.out.write(commandHelp(command, entry.summary, around.out))
  return 0
}

const printFamily = async (name: string, around: Surroundings) => {
  const { familyHelp } = await import("./help.ts")
  around.out.write(familyHelp(name, familyOf(name), around.out))
  return 0
}

const printVersion = ({ out }: Surroundings): number => {
  out.line(ablateVersion())
  return 0
}
