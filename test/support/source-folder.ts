/** A folder on disk as a stage is given one. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { sha256 } from "../../src/base/digest.ts"
import { listFolder } from "../../src/base/folder.ts"
import type { FolderFile, SourceFolder } from "../../src/stage.ts"

/** @param shown what the user would have written */
export const sourceFolder = (location: string, shown = location): SourceFolder => ({
  path: shown,
  location,
  list: () =>
    Promise.resolve(
      listFolder(location).map(({ name, path }): FolderFile => {
        const bytes = readFileSync(path)
        return {
          name,
          path: join(shown, name),
          digest: sha256(bytes),
          sizeBytes: bytes.byteLength,
          read: () => Promise.resolve(bytes)
        }
      })
    )
})
