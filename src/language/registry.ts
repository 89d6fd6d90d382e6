/** Which stages there are: files below one or more `stages/` folders, by path. Loading one imports its module. */
import type { StageDefinition } from "../stage.ts"

export interface StageEntry {
  /** `noise/add` */
  readonly uses: string
  /** Absolute path of the module. */
  readonly file: string
  /** Whether it belongs to the user's project (and not to ablate itself). */
  readonly own: boolean
}

export interface StageRegistry {
  /** By `uses`, sorted. */
  readonly entries: ReadonlyMap<string, StageEntry>
  /**
   * @throws UserError when the module cannot be loaded or its default export is no stage definition
   */
  readonly load: (uses: string) => Promise<StageDefinition>
}
