/** Parameters that name files: where the file is, and whether it may and can be read. */
import { resolve } from "node:path"
import { type FileFault, fileFault, type Permission } from "./permission.ts"

export interface FileLookup {
  readonly path: string
  readonly fault: FileFault | undefined
}

export interface FileParams {
  /**
   * @param typed given on the command line: relative to the working directory, and the user's own word
   */
  readonly find: (written: string, typed: boolean) => FileLookup
}

/** Each file is looked at once, however many stages name it. */
export const fileParams = (permission: Permission, cwd: string): FileParams => {
  const known = new Map<string, FileLookup>()
  return {
    find: (written, typed) => {
      const key = `${typed}:${written}`
      const found = known.get(key)
      if (found !== undefined) return found
      const path = resolve(typed ? cwd : permission.root, written)
      const lookup: FileLookup = {
        path,
        fault:
          written === ""
            ? { code: "missing-file", message: "a file is needed, but the path is empty" }
            : fileFault(path, written, typed ? undefined : permission)
      }
      known.set(key, lookup)
      return lookup
    }
  }
}
