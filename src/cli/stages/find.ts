/** Which stages a name on the command line means. */
import { nearest } from "../../base/nearest.ts"
import { UserError } from "../../base/user-error.ts"
import type { StageEntry, StageRegistry } from "../../language/registry.ts"
import { usableStages } from "../../language/usable-stages.ts"

export type Found =
  | { readonly kind: "one"; readonly entry: StageEntry }
  | { readonly kind: "several"; readonly entries: ReadonlyArray<StageEntry> }

/**
 * A whole name is one stage, even one that is only a part of others; the name of a folder is all stages in it.
 *
 * @throws UserError with the nearest name when there is no such stage or folder
 */
export const findStages = async (
  registry: StageRegistry,
  name: string | undefined
): Promise<Found> => {
  const entries = await usableStages(registry)
  if (name === undefined) return { kind: "several", entries }
  const wanted = name.replace(/\/$/, "")
  const entry = registry.entries.get(wanted)
  if (entry !== undefined) return { kind: "one", entry }
  const inside = entries.filter(({ uses }) => uses.startsWith(`${wanted}/`))
  if (inside.length > 0) return { kind: "several", entries: inside }
  const ending = entries.find(({ uses }) => uses.split("/").at(-1) === wanted)
  const close =
    ending?.uses ??
    nearest(
      wanted,
      entries.map(({ uses }) => uses)
    )
  throw new UserError(`there is no stage ${name}`, {
    hint:
      close === undefined
        ? "`ablate stages` lists them all"
        : `did you mean ${close}? \`ablate stages\` lists them all`
  })
}
