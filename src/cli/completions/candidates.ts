/**
 * What may come next on a command line. The shells' scripts ask this for each TAB, so it loads the one command that is
 * being written, and reads folders and files, never a pipeline's stages.
 */
import type { Command, Flag } from "../command.ts"
import { commandEntries } from "../commands.ts"
import { flagsOf } from "../parse.ts"

export interface Candidate {
  readonly text: string
  readonly note?: string
  /** Offered once so much of it is written: the parts of a stage may be many. */
  readonly behind?: string
}

export interface Offer {
  readonly candidates: ReadonlyArray<Candidate>
  /** What the shell itself offers besides. */
  readonly paths?: "files" | "folders"
}

const nothing: Offer = { candidates: [] }

/** Names that a project has; each is read only when it is offered. */
export interface Names {
  readonly pipelines: () => ReadonlyArray<Candidate>
  /** The stages that a pipeline's file declares. */
  readonly stagesOf: (pipeline: string | undefined) => Promise<ReadonlyArray<Candidate>>
  readonly catalogue: () => ReadonlyArray<Candidate>
  readonly runs: () => ReadonlyArray<Candidate>
  /** Instances of the newest run. */
  readonly results: () => ReadonlyArray<Candidate>
  readonly pins: () => ReadonlyArray<Candidate>
}

/**
 * @param words what was written after `ablate`; the last one is being completed and may be empty
 */
export const offer = async (words: ReadonlyArray<string>, names: Names): Promise<Offer> => {
  const current = words.at(-1) ?? ""
  const { entry, rest, partial } = commandIn(words.slice(0, -1))
  if (entry === undefined) return matching({ candidates: commandsAfter(partial) }, current)
  const { command } = await entry.load()
  return matching(await inCommand(command, rest, current, names), current)
}

const commandIn = (words: ReadonlyArray<string>) => {
  const [first, second] = words.filter((word) => !word.startsWith("-"))
  const name = [first, `${first} ${second}`].find((text) =>
    commandEntries.some((entry) => entry.name === text)
  )
  const entry = commandEntries.find((entry) => entry.name === name)
  const taken = name === undefined ? [] : name.split(" ")
  const rest = [...words]
  for (const word of taken) rest.splice(rest.indexOf(word), 1)
  return { entry, rest, partial: first }
}

/** First words of commands; after `store`, the second words. */
const commandsAfter = (first: string | undefined): ReadonlyArray<Candidate> => {
  if (first !== undefined) {
    return commandEntries
      .filter(({ name }) => name.startsWith(`${first} `))
      .map(({ name, summary }) => ({ text: name.slice(first.length + 1), note: summary }))
  }
  const seen = new Map<string, Candidate>()
  for (const { name, summary } of commandEntries) {
    const [word = "", more] = name.split(" ")
    if (!seen.has(word)) {
      seen.set(word, { text: word, note: more === undefined ? summary : `${word} commands` })
    }
  }
  return [...seen.values()]
}

const inCommand = async (
  command: Command,
  rest: ReadonlyArray<string>,
  current: string,
  names: Names
): Promise<Offer> => {
  const flags = flagsOf(command)
  const inline = /^(--[\w-]+)=/.exec(current)
  if (inline !== null) {
    const flag = flags.find(({ name }) => `--${name}` === inline[1])
    const offered = flag === undefined ? nothing : await valuesOf(flag, rest, names)
    return {
      ...offered,
      candidates: offered.candidates.map((item) =>
        Object.assign({}, item, { text: `${inline[0]}${item.text}` })
      )
    }
  }
  const before = flagWritten(rest.at(-1), flags)
  if (before?.value !== undefined) return valuesOf(before, rest.slice(0, -1), names)
  if (current.startsWith("-")) {
    return { candidates: flags.map(({ name, summary }) => ({ text: `--${name}`, note: summary })) }
  }
  return argumentsOf(command, positionals(rest, flags), names)
}

const flagWritten = (word: string | undefined, flags: ReadonlyArray<Flag>): Flag | undefined =>
  flags.find(
    ({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`)
  )

const positionals = (
  words: ReadonlyArray<string>,
  flags: ReadonlyArray<Flag>
): ReadonlyArray<string> =>
  words.filter((word, index) => {
    if (word.startsWith("-")) return false
    return flagWritten(words[index - 1], flags)?.value === undefined
  })

const valuesOf = async (flag: Flag, rest: ReadonlyArray<string>, names: Names): Promise<Offer> => {
  if (flag.choices !== undefined) return { candidates: flag.choices.map((text) => ({ text })) }
  switch (flag.value) {
    case "FILE":
      return { candidates: [], paths: "files" }
    case "DIR":
      return { candidates: [], paths: "folders" }
    case "STAGE":
      return { candidates: await names.stagesOf(rest.find((word) => !word.startsWith("-"))) }
    case "RUN":
      return { candidates: names.runs() }
    default:
      return nothing
  }
}

/** What a command takes is written in its usage: `run [FILE] [STAGE...]`. */
const argumentsOf = async (
  command: Command,
  given: ReadonlyArray<string>,
  names: Names
): Promise<Offer> => {
  const forms = command.usage.map((form) =>
    form
      .slice(command.name.length)
      .split(/\s+/)
      .map((word) => word.replaceAll(/[[\]]/g, ""))
      .filter((word) => word !== "" && !word.startsWith("-"))
  )
  const offers = forms.map(async (form) => {
    const last = form.at(-1) ?? ""
    const kind = form[given.length] ?? (last.endsWith("...") ? last : "")
    return ofKind(kind.replace("...", ""), given, names)
  })
  const all = await Promise.all(offers)
  const paths = all.find((one) => one.paths !== undefined)?.paths
  const candidates = new Map(all.flatMap((one) => one.candidates.map((item) => [item.text, item])))
  return { candidates: [...candidates.values()], ...(paths === undefined ? {} : { paths }) }
}

const ofKind = async (kind: string, given: ReadonlyArray<string>, names: Names): Promise<Offer> => {
  switch (kind) {
    case "FILE":
      return { candidates: names.pipelines(), paths: "files" }
    case "DIR":
      return { candidates: [], paths: "folders" }
    case "STAGE":
      return { candidates: await names.stagesOf(given[0]) }
    case "NAME":
      return { candidates: names.catalogue() }
    case "RUN":
      return { candidates: names.runs() }
    case "PIN":
      return { candidates: names.pins() }
    case "WHAT":
    case "A":
    case "B":
      return { candidates: [...names.runs(), ...names.results()], paths: "files" }
    default:
      return { candidates: kind.includes("|") ? kind.split("|").map((text) => ({ text })) : [] }
  }
}

const matching = (offered: Offer, current: string): Offer => ({
  ...offered,
  candidates: offered.candidates.filter(
    ({ behind = "", text }) => text.startsWith(current) && current.startsWith(behind)
  )
})

/** The lines that the shells' scripts read: `text<TAB>note`, and `:files` or `:folders`. */
export const offerText = ({ candidates, paths }: Offer): string =>
  [
    ...candidates.map(({ text, note }) => (note === undefined ? text : `${text}\t${note}`)),
    ...(paths === undefined ? [] : [`:${paths}`])
  ]
    .map((line) => `${line}\n`)
    .join("")
