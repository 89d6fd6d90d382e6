/** Parameters that name files or folders: where it is, and whether it may and can be read. */
import { resolve } from "node:path"
import { type FileFault, fileFault, folderFault, type Permission } from "./permission.ts"

export interface FileLookup {
  readonly path: string
  readonly fault: FileFault | undefined
}

export type SourceKind = "file" | "folder"

export interface FileParams {
  /**
   * @param typed given on the command line: relative to the working directory, and the user's own word
   */
  readonly find: (written: string, typed: boolean, kind: SourceKind) => FileLookup
}

const faultOf = { file: fileFault, folder: folderFault }

/** Each file is looked at once, however many stages name it. */
export const fileParams = (permission: Permission, cwd: string): FileParams => {
  const known = new Map<string, FileLookup>()
  return {
    find: (written, typed, kind) => {
      const key = `${kind}:${typed}:${written}`
      const found = known.get(key)
      if (found !== undefined) return found
      const path = resolve(typed ? cwd : permission.root, written)
      const lookup: FileLookup = {
        path,
        fault:
          written === ""
            ? { code: "missing-file", message: `a ${kind} is needed, but the path is empty` }
            : faultOf[kind](path, written, typed ? undefined : permission)
      }
      known.set(key, lookup)
      return lookup
    }
  }
}
