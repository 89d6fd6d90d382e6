/** What to keep whatever gc is told: what a word means as the target of a pin. */
import { UserError } from "../../base/user-error.ts"
import type { PinTarget } from "../../store/roots.ts"
import type { Store } from "../../store/store.ts"
import { table } from "../table.ts"
import type { Terminal } from "../terminal.ts"
import type { What } from "../what/what.ts"

export interface Pinned {
  /** The name that the pin gets unless another is given. */
  readonly name: string
  readonly target: PinTarget
}

/** @throws UserError when several instances are meant, or nothing of it is in the store */
export const pinnedBy = (what: What): Pinned => {
  switch (what.kind) {
    case "run":
      return { name: what.run.name, target: { run: what.run.name } }
    case "instance": {
      const { id, key } = what.entry
      if (key === undefined) {
        throw new UserError(`${id} has no result in ${what.run.name}`, { exitCode: 1 })
      }
      return { name: fileName(id), target: { action: key } }
    }
    case "value": {
      const key = what.entry?.key
      const name =
        what.entry === undefined
          ? what.output.digest.slice(0, 16)
          : fileName(`${what.entry.id}.${what.port}`)
      // The value's own files are reached through the action; a digest alone reaches them by itself.
      return { name, target: key === undefined ? { blob: what.output.digest } : { action: key } }
    }
    case "action":
      return { name: what.action.key.slice(0, 16), target: { action: what.action.key } }
    case "blob":
      return { name: what.digest.slice(0, 16), target: { blob: what.digest } }
    default: {
      const ids = what.entries.slice(0, 6).map(({ id }) => id)
      throw new UserError(`${what.entries.length} instances are meant`, {
        hint: `name one of them (${ids.join(", ")}), or pin the run ${what.run.name}`
      })
    }
  }
}

/** Names of pins are names of files: `blur[kernel=3]` becomes `blur-kernel-3`. */
const fileName = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9._]+/g, "-")
    .replace(/-+$/, "")
    .slice(0, 100)

export interface Kept {
  readonly kind: "pin" | "tag"
  readonly name: string
  readonly run?: string
  readonly action?: string
  readonly blob?: string
}

export const keptBy = ({ roots }: Store): ReadonlyArray<Kept> => [
  ...roots.tags().map(({ tag, run }): Kept => ({ kind: "tag", name: tag, run })),
  ...roots
    .pins()
    .map(({ name, target }): Kept => Object.assign({ kind: "pin" as const, name }, target))
]

export const printKept = (kept: ReadonlyArray<Kept>, out: Terminal): void => {
  if (kept.length === 0) {
    out.line("nothing is pinned or tagged; `ablate store pin last` keeps the newest run")
    return
  }
  const rows = kept.map(({ action, blob, kind, name, run }) => [
    name,
    kind,
    run === undefined
      ? action === undefined
        ? `value ${blob?.slice(0, 16) ?? ""}`
        : `result ${action.slice(0, 16)}`
      : `run ${run}`
  ])
  for (const line of table([{ head: "name" }, { head: "" }, { head: "keeps" }], rows, out))
    out.line(line)
}
