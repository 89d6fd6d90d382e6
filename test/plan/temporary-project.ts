/** A project in a temporary folder: files, a registry of its stages, and a store. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { onTestFinished } from "vitest"
import type { StageEntry, StageRegistry } from "../../src/language/registry.ts"
import type { StageDefinition } from "../../src/stage.ts"
import { openStore, type Store } from "../../src/store/store.ts"

export interface TemporaryProject {
  readonly root: string
  readonly path: (name: string) => string
  readonly write: (name: string, text: string) => void
  readonly remove: (name: string) => void
  /** Gives all files a time in the past, so that their stats prove that they did not change. */
  readonly settle: () => void
  readonly registry: () => StageRegistry
  readonly store: Store
}

export const temporaryProject = (
  files: { readonly [name: string]: string },
  parent: string = tmpdir()
): TemporaryProject => {
  mkdirSync(parent, { recursive: true })
  const root = realpathSync(mkdtempSync(join(parent, "ablate-plan-")))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const path = (name: string) => join(root, name)
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(path(name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return {
    root,
    path,
    write,
    remove: (name) => rmSync(path(name), { recursive: true }),
    settle: () => {
      const past = new Date(Date.now() - 60_000)
      for (const file of ownFiles(root)) utimesSync(file, past, past)
      // That they were touched stays in their ctime, and what changed in this very moment is not remembered.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    },
    registry: () => stagesBelow(path("stages")),
    store: openStore(path("artifacts"), { create: true })
  }
}

/** Links are not followed: the packages behind one belong to the checkout, and to other tests. */
const ownFiles = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? ownFiles(path) : entry.isFile() ? [path] : []
  })

const stagesBelow = (folder: string): StageRegistry => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts")
  )
  const entries = names.toSorted().map((name): readonly [string, StageEntry] => {
    const uses = name.slice(0, -".ts".length)
    return [uses, { uses, file: join(folder, name), own: true }]
  })
  return {
    entries: new Map(entries),
    load: async (uses) => {
      const file = join(folder, `${uses}.ts`)
      return ((await import(/* @vite-ignore */ file)) as { readonly default: StageDefinition })
        .default
    }
  }
}
