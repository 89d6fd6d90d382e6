/** Writes what a command made into the file that `-o` names. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import type { CommandContext } from "./command.ts"

/**
 * Folders on the way are made; a file that is there is replaced, as the shell's `>` does.
 *
 * @param file as written on the command line
 */
export const writeResult = (
  file: string,
  content: string | Uint8Array,
  context: Pick<CommandContext, "cwd" | "err" | "quiet">
): void => {
  const path = resolve(context.cwd, file)
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new UserError(
      `${file} cannot be written: ${reasons[code ?? ""] ?? code ?? "unknown reason"}`,
      {
        exitCode: 1,
        cause
      }
    )
  }
  if (!context.quiet) context.err.line(`wrote ${file}`)
}

const reasons: { readonly [code: string]: string } = {
  EACCES: "you may not write there",
  EPERM: "you may not write there",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "your quota on that disk is used up",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a part of the path is a file, not a folder"
}
