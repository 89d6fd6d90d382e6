/** Reads the arguments of one command; every mistake is a UserError that names the nearest right thing. */
import { UserError } from "../base/user-error.ts"
import { globalFlags, type Command, type Flag } from "./command.ts"

// An import of node:util evaluates all of it, which opens standard error as a socket when that is a pipe: 8 ms.
const { parseArgs } = process.getBuiltinModule("node:util")

/** What was given. Asking for a flag that the command does not declare is a TypeError. */
export interface Flags {
  readonly has: (name: string) => boolean
  /** Whether the command knows such a flag at all. */
  readonly declares: (name: string) => boolean
  /** The last value given. */
  readonly text: (name: string) => string | undefined
  /** All values, in order; none when the flag is absent. */
  readonly all: (name: string) => ReadonlyArray<string>
  /** The last value as a whole number of at least `min`. */
  readonly integer: (name: string, min: number) => number | undefined
}

export interface Call {
  readonly args: ReadonlyArray<string>
  readonly flags: Flags
}

type Declared = Pick<Command, "name" | "flags" | "args" | "usage">

/** All flags that a command understands. */
export const flagsOf = (command: Pick<Command, "flags">): ReadonlyArray<Flag> =>
  [...command.flags, globalFlags].flatMap((group) => group.flags)

/**
 * @param argv what follows the command's name, and global flags from before it
 */
export const parseCall = async (command: Declared, argv: ReadonlyArray<string>): Promise<Call> => {
  const declared = flagsOf(command)
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      declared.map((flag) => [
        flag.name,
        {
          type: flag.value === undefined ? ("boolean" as const) : ("string" as const),
          ...(flag.short === undefined ? {} : { short: flag.short })
        }
      ])
    ),
    allowPositionals: true,
    strict: false,
    tokens: true
  })
  const given = new Map<string, Array<string>>()
  const args: Array<string> = []
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value)
    if (token.kind !== "option") continue
    const flag = declared.find(({ name }) => name === token.name)
    if (flag === undefined || !writtenAs(flag, token.rawName)) {
      throw await unknownFlag(command, token.rawName, declared)
    }
    given.set(flag.name, [...(given.get(flag.name) ?? []), valueOf(flag, token, declared)])
  }
  const call = { args, flags: readFlags(given, declared) }
  if (!call.flags.has("help")) checkArgs(command, args)
  return call
}

/** parseArgs knows `--C` no more than we do, but takes a long name that is one letter for a short one. */
const writtenAs = (flag: Flag, rawName: string) =>
  rawName === `--${flag.name}` || rawName === `-${flag.short}`

interface OptionToken {
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

const valueOf = (flag: Flag, token: OptionToken, declared: ReadonlyArray<Flag>): string => {
  const { value, rawName } = token
  if (flag.value === undefined) {
    if (value === undefined) return ""
    throw new UserError(`${rawName} takes no value, but was given "${value}"`)
  }
  const swallowed =
    token.inlineValue !== true &&
    declared.some(
      ({ name, short }) => value === `--${name}` || (short !== undefined && value === `-${short}`)
    )
  if (value === undefined || swallowed) {
    throw new UserError(`${rawName} needs a value`, {
      hint: `write ${rawName} ${flag.value}: ${flag.summary}`
    })
  }
  if (flag.choices !== undefined && !flag.choices.includes(value)) {
    throw new UserError(`${rawName} ${value}: expected ${orList(flag.choices)}`)
  }
  return value
}

const orList = (choices: ReadonlyArray<string>) =>
  choices.length === 1 ? `${choices[0]}` : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`

const unknownFlag = async (command: Declared, rawName: string, declared: ReadonlyArray<Flag>) => {
  const { nearest } = await import("../base/nearest.ts")
  const typed = rawName.replace(/^-+/, "")
  const close = rawName.startsWith("--")
    ? nearest(
        typed,
        declared.map(({ name }) => name)
      )
    : declared.find(({ short }) => short?.toLowerCase() === typed.toLowerCase())?.name
  return new UserError(`ablate ${command.name} has no flag ${rawName}`, {
    hint:
      close === undefined
        ? `\`ablate ${command.name} --help\` lists its flags`
        : `did you mean --${close}?`
  })
}

const checkArgs = (command: Declared, args: ReadonlyArray<string>) => {
  const hint = `usage: ${command.usage.map((form) => `ablate ${form}`).join("\n       ")}`
  if (args.length < command.args.min) {
    throw new UserError(`ablate ${command.name} needs more arguments`, { hint })
  }
  const extra = args[command.args.max]
  if (extra !== undefined)
    throw new UserError(`ablate ${command.name}: what is "${extra}"?`, { hint })
}

const readFlags = (
  given: ReadonlyMap<string, ReadonlyArray<string>>,
  declared: ReadonlyArray<Flag>
): Flags => {
  const known = new Set(declared.map(({ name }) => name))
  const all = (name: string) => {
    if (!known.has(name)) throw new TypeError(`the flag --${name} is not declared`)
    return given.get(name) ?? []
  }
  const text = (name: string) => all(name).at(-1)
  return {
    all,
    text,
    declares: (name) => known.has(name),
    has: (name) => all(name).length > 0,
    integer: (name, min) => {
      const value = text(name)
      return value === undefined ? undefined : wholeNumber(`--${name}`, value, min)
    }
  }
}

/** @param source the flag, variable or key that the text comes from, for the message */
export const wholeNumber = (source: string, text: string, min: number): number => {
  const value = Number(text)
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= min) return value
  throw new UserError(`${source} ${text}: expected a whole number of at least ${min}`)
}

/**
 * Parts the command's name from what is before it: only flags that every command has may be there.
 *
 * @returns `name` undefined when there is no command at all
 */
export const splitCommand = (
  argv: ReadonlyArray<string>
): {
  readonly before: ReadonlyArray<string>
  readonly name?: string
  readonly rest: ReadonlyArray<string>
} => {
  let index = 0
  while (index < argv.length) {
    const word = argv[index] ?? ""
    if (word === "--" || !word.startsWith("-") || word === "-") break
    const flag = globalFlags.flags.find(
      ({ name, short }) => word === `--${name}` || word === `-${short}`
    )
    index += flag?.value === undefined ? 1 : 2
  }
  const name = argv[index]
  return {
    before: argv.slice(0, index),
    ...(name === undefined ? {} : { name }),
    rest: argv.slice(index + 1)
  }
}
