/** Fetches a file that fits into memory, and hands on its bytes as they were checked. */
import { readFile } from "node:fs/promises"
import { downloadFile, type FileDownload, type MirrorProblem } from "../download/download-file.ts"

export interface Download extends Omit<FileDownload, "check"> {
  /** What is wrong with the bytes; undefined when they are right. */
  readonly check: (bytes: Uint8Array) => string | undefined
}

export type Downloaded =
  | { readonly path: string; readonly bytes: Uint8Array }
  /** Why it failed, by mirror. */
  | { readonly problems: ReadonlyArray<MirrorProblem> }

/**
 * @returns the file's bytes as they lie in the folder, or why no mirror has it
 * @throws the signal's reason when it is aborted; what has arrived stays for the next time
 */
export const download = async ({ check, ...request }: Download): Promise<Downloaded> => {
  let bytes: Uint8Array = new Uint8Array()
  const result = await downloadFile({
    ...request,
    check: async (part) => {
      bytes = await readFile(part)
      return check(bytes)
    }
  })
  return "path" in result ? { path: result.path, bytes } : result
}
