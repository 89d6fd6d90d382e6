/** The stages that a pipeline may use: all but those that are only parts of others. Finding out loads all of them. */
import type { StageEntry, StageRegistry } from "./registry.ts"

/** In the registry's order; one that cannot be loaded is among them, since whoever loads it says why. */
export const usableStages = async (
  registry: Pick<StageRegistry, "entries" | "load">,
  entries: Iterable<StageEntry> = registry.entries.values()
): Promise<ReadonlyArray<StageEntry>> => {
  const found = await Promise.all(
    [...entries].map(async (entry) => ((await isInternal(registry, entry)) ? [] : [entry]))
  )
  return found.flat()
}

const isInternal = async (
  registry: Pick<StageRegistry, "load">,
  { uses }: StageEntry
): Promise<boolean> => {
  try {
    return (await registry.load(uses)).internal === true
  } catch {
    return false
  }
}
