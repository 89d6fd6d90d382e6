/** Removing files that nothing reaches, while other processes may be about to reach for them (`gc.ts` says how). */
import { renameSync, rmSync, statSync } from "node:fs"
import { condemnedName, moveInto } from "./atomic-file.ts"
import { codeOf } from "./disk-problem.ts"
import {
  actionFiles,
  type AddressedFile,
  type Amount,
  blobFiles,
  breathe,
  codeFiles,
  nothing,
  plus
} from "./inventory.ts"
import type { Layout } from "./layout.ts"
import type { Store } from "./store.ts"

const filesABreath = 256

const filesOf = { action: actionFiles, code: codeFiles, blob: blobFiles }

export interface Swept {
  readonly kept: Amount
  readonly freed: Amount
  /** The part of what is kept that nothing reaches. */
  readonly young: Amount
}

/**
 * @param since files written or renewed at this time or later are kept
 */
export const sweepFiles = async (
  { layout }: Pick<Store, "layout">,
  kind: "action" | "code" | "blob",
  { since, dryRun }: { readonly since: number; readonly dryRun: boolean },
  isReached: (file: AddressedFile) => boolean
): Promise<Swept> => {
  let [kept, freed, young] = [nothing, nothing, nothing]
  let seen = 0
  for (const file of filesOf[kind](layout)) {
    if (++seen % filesABreath === 0) await breathe()
    if (isReached(file)) kept = plus(kept, file.sizeBytes)
    else if (file.modifiedMs >= since)
      [kept, young] = [plus(kept, file.sizeBytes), plus(young, file.sizeBytes)]
    else if (dryRun || condemn(layout, kind, file, since)) freed = plus(freed, file.sizeBytes)
    else kept = plus(kept, file.sizeBytes)
  }
  return { kept, freed, young }
}

/** @returns whether the file is gone; `false` when it was renewed while gc was at work */
const condemn = (layout: Layout, kind: string, file: AddressedFile, since: number): boolean => {
  const aside = condemnedName(layout, `${kind}-${file.digest}`)
  try {
    renameSync(file.path, aside)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return true
    throw error
  }
  if (statSync(aside).mtimeMs >= since) {
    moveInto(aside, file.path)
    return false
  }
  rmSync(aside)
  return true
}
