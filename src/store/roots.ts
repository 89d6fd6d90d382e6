/** What gc keeps on a person's word: tagged runs, and pinned runs, actions and blobs. */
import { existsSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import { writeFileAtomic } from "./atomic-file.ts"
import { codeOf } from "./disk-problem.ts"
import type { Layout } from "./layout.ts"
import { isAddress, isRecord, isText, parseJson, readIfThere } from "./structure.ts"

/** At least one of the three. */
export interface PinTarget {
  readonly run?: string
  readonly action?: Digest
  readonly blob?: Digest
}

export interface Pin {
  readonly name: string
  readonly target: PinTarget
}

export interface Tag {
  readonly tag: string
  readonly run: string
}

export interface Roots {
  /**
   * Keeps something for as long as the pin is there; a pin of the same name is replaced.
   *
   * @throws UserError when the name is no name, or there is no such run, action or blob
   */
  readonly pin: (name: string, target: PinTarget) => void
  /** @throws UserError when there is no such pin */
  readonly unpin: (name: string) => void
  readonly pins: () => ReadonlyArray<Pin>
  /**
   * Gives a run a second name, which also keeps it. A tag that another run has moves to this one.
   *
   * @throws UserError when the name is no name, or there is no such run
   */
  readonly tag: (run: string, tag: string) => void
  /** @throws UserError when there is no such tag */
  readonly untag: (tag: string) => void
  readonly tags: () => ReadonlyArray<Tag>
}

export const openRoots = (layout: Layout): Roots => {
  const pins = () =>
    readFolder(layout.pins).flatMap(([name, content]): ReadonlyArray<Pin> => {
      const target = isRecord(content) ? content["target"] : undefined
      return isTarget(target) ? [{ name, target }] : []
    })
  const tags = () =>
    readFolder(layout.tags).flatMap(([tag, content]): ReadonlyArray<Tag> => {
      const run = isRecord(content) ? content["run"] : undefined
      return isText(run) ? [{ tag, run }] : []
    })
  const write = (folder: string, name: string, content: object) =>
    writeFileAtomic(
      layout,
      join(folder, `${name}.json`),
      `${JSON.stringify({ version: 1, ...content })}\n`,
      `the name ${name}`
    )
  return {
    pins,
    tags,
    pin: (name, target) => {
      checkName(name)
      checkTarget(layout, target)
      write(layout.pins, name, { target })
    },
    unpin: (name) => removeNamed(layout.pins, name, "pin", () => pins().map((pin) => pin.name)),
    tag: (run, tag) => {
      checkName(tag)
      if (runExists(layout, tag)) {
        throw new UserError(`${tag} is the name of a run, so it cannot be a tag`)
      }
      checkTarget(layout, { run })
      write(layout.tags, tag, { run })
    },
    untag: (tag) => removeNamed(layout.tags, tag, "tag", () => tags().map((known) => known.tag))
  }
}

const checkName = (name: string): void => {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && name !== "last") return
  throw new UserError(`${JSON.stringify(name)} cannot be the name of a pin or a tag`, {
    hint: "use up to 100 letters, digits, dots, dashes and underscores, and not the word last"
  })
}

const runExists = (layout: Layout, name: string) =>
  /^[\w-]+$/.test(name) && existsSync(join(layout.runs, name, "run.json"))

const checkTarget = (layout: Layout, { run, action, blob }: PinTarget): void => {
  const gone =
    run !== undefined && !runExists(layout, run)
      ? `run ${run}`
      : action !== undefined && !existsSync(layout.action(action))
        ? `action ${action}`
        : blob !== undefined && !existsSync(layout.blob(blob))
          ? `blob ${blob}`
          : undefined
  if (gone === undefined) return
  throw new UserError(`there is no ${gone} in the store ${layout.root}`, {
    hint: "`ablate runs` lists the runs that are there"
  })
}

const isTarget = (target: unknown): target is PinTarget =>
  isRecord(target) &&
  (target["run"] === undefined || isText(target["run"])) &&
  (target["action"] === undefined || isAddress(target["action"])) &&
  (target["blob"] === undefined || isAddress(target["blob"]))

const readFolder = (folder: string): ReadonlyArray<readonly [name: string, content: unknown]> => {
  let names: ReadonlyArray<string>
  try {
    names = readdirSync(folder)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return []
    throw error
  }
  return names
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .flatMap((name) => {
      const text = readIfThere(join(folder, name))
      return text === undefined ? [] : [[name.slice(0, -".json".length), parseJson(text)] as const]
    })
}

const removeNamed = (
  folder: string,
  name: string,
  kind: string,
  known: () => ReadonlyArray<string>
): void => {
  const names = known()
  if (!names.includes(name)) {
    throw new UserError(`there is no ${kind} named ${name}`, {
      hint: names.length === 0 ? `there are no ${kind}s` : `there are ${names.join(", ")}`
    })
  }
  rmSync(join(folder, `${name}.json`), { force: true })
}
