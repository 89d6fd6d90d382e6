/** Which stages a name on the command line means. */
import { nearest } from "../../base/nearest.ts"
import { UserError } from "../../base/user-error.ts"
import type { StageEntry, StageRegistry } from "../../language/registry.ts"

export type Found =
  | { readonly kind: "one"; readonly entry: StageEntry }
  | { readonly kind: "several"; readonly entries: ReadonlyArray<StageEntry> }

/**
 * A whole name is one stage, the name of a folder all stages in it.
 *
 * @throws UserError with the nearest name when there is no such stage or folder
 */
export const findStages = (registry: StageRegistry, name: string | undefined): Found => {
  const entries = [...registry.entries.values()]
  if (name === undefined) return { kind: "several", entries }
  const wanted = name.replace(/\/$/, "")
  const entry = registry.entries.get(wanted)
  if (entry !== undefined) return { kind: "one", entry }
  const inside = entries.filter(({ uses }) => uses.startsWith(`${wanted}/`))
  if (inside.length > 0) return { kind: "several", entries: inside }
  const ending = entries.find(({ uses }) => uses.split("/").at(-1) === wanted)
  const close = ending?.uses ?? nearest(wanted, registry.entries.keys())
  throw new UserError(`there is no stage ${name}`, {
    hint:
      close === undefined
        ? "`ablate stages` lists them all"
        : `did you mean ${close}? \`ablate stages\` lists them all`
  })
}
