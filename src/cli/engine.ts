/** The engine of a project: what its settings ask for, decided from what the store remembers of this machine. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { numericsClass } from "../engine/numerics.ts"
import { chooseEngine, type ChosenEngine } from "../engine/provider/choose.ts"
import type { EngineChoice, EngineName } from "../engine/provider/engine.ts"
import { findEngine, type FindingMemory } from "../engine/provider/find.ts"
import type { Finding } from "../engine/provider/finding.ts"
import { machineKey, thisMachine } from "../engine/provider/machine.ts"
import { cacheFolder, readCacheFile, writeCacheFile } from "../plan/cache-file.ts"

export interface ProjectEngine {
  readonly choice: EngineChoice
  /**
   * Decided once; tries engines that the store remembers nothing of.
   *
   * @throws UserError when the engine that was asked for cannot be used
   */
  readonly chosen: () => ChosenEngine
  readonly numericsClass: () => string
  /** Tries the engine again, for `doctor`. */
  readonly findAnew: (name: EngineName) => Finding
}

export const openEngine = (choice: EngineChoice, storeRoot: string): ProjectEngine => {
  const memory = memoryIn(storeRoot)
  let chosen: ChosenEngine | undefined
  const choose = () =>
    (chosen ??= chooseEngine(choice, (name, question) =>
      findEngine(name, question, { machine: thisMachine(), memory })
    ))
  return {
    choice,
    chosen: choose,
    numericsClass: () => numericsClass(choose()),
    findAnew: (name) =>
      findEngine(name, { hardwareOnly: false }, { machine: thisMachine(), memory, anew: true })
  }
}

const kind = "engines"
/** Engines times the machines that share a store. */
const keep = 500

/** Of this process, and of the store where there is one: to ask what a machine has makes no store. */
const memoryIn = (storeRoot: string): FindingMemory => {
  const here = new Map<EngineName, Finding>()
  const nameOf = (engine: EngineName) => `${machineKey(thisMachine())}-${engine}.json`
  return {
    recall: (engine) => {
      const known = here.get(engine)
      if (known !== undefined) return known
      const file = readCacheFile(join(cacheFolder(storeRoot, kind), nameOf(engine)))
      return file === undefined ? undefined : (JSON.parse(file.body) as Finding)
    },
    remember: (engine, finding) => {
      here.set(engine, finding)
      if (!existsSync(join(storeRoot, "store.json"))) return
      const body = JSON.stringify(finding)
      writeCacheFile(storeRoot, kind, nameOf(engine), { head: engine, body }, keep)
    }
  }
}
