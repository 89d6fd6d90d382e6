/** Verifies models' files, with a line that counts up where a person is looking, and prints what was found. */
import { UserError } from "../../base/user-error.ts"
import { findPretrained, placeOf } from "../../pretrained/find.ts"
import type { Manifest } from "../../pretrained/manifest.ts"
import { manifestNames, readManifest } from "../../pretrained/manifests.ts"
import { type VerifiedFile, verifyPretrained } from "../../pretrained/verify.ts"
import type { CommandContext } from "../command.ts"
import { bytes, count } from "../format.ts"
import type { Terminal } from "../terminal.ts"

export interface VerifiedWeights {
  readonly name: string
  readonly folder: string
  readonly sound: boolean
  readonly files: ReadonlyArray<VerifiedFile>
}

/**
 * Prints each model as soon as it is known.
 *
 * @param name of the one that is meant; all that are here, when absent
 */
export const verifyWeights = async (
  name: string | undefined,
  root: string,
  context: CommandContext
): Promise<ReadonlyArray<VerifiedWeights>> => {
  const { env, err, json, out, quiet, verbose } = context
  const shows = !quiet && err.interactive
  const clear = "\r\u001B[K"
  const found: Array<VerifiedWeights> = []
  for (const manifest of manifestsOf(name, root)) {
    const place = placeOf(manifest, { root, env })
    if (place === undefined) {
      // Says what to do about it.
      if (name !== undefined) findPretrained(name, { root, env })
      continue
    }
    const result = await verifyPretrained(manifest, place, {
      progress: (done, total) => {
        if (!shows) return
        const share = total === 0 ? 100 : Math.floor((done / total) * 100)
        err.write(`${clear}${manifest.name}  ${bytes(done)} of ${bytes(total)}  ${share} %`)
      }
    }).finally(() => {
      if (shows) err.write(clear)
    })
    const verified = { name: manifest.name, folder: place.folder, ...result }
    if (!json) printVerified(verified, out, verbose)
    found.push(verified)
  }
  if (found.length === 0) {
    throw new UserError("no pretrained model is here", {
      exitCode: 1,
      hint: "`ablate weights list` shows which there are"
    })
  }
  return found
}

const manifestsOf = (name: string | undefined, root: string): ReadonlyArray<Manifest> =>
  (name === undefined ? manifestNames(root) : [name]).map((one) => readManifest(one, root))

const printVerified = (
  { files, folder, name, sound }: VerifiedWeights,
  out: Terminal,
  verbose: boolean
): void => {
  const { style } = out
  const size = files.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0)
  out.line(
    `${sound ? style.green("✓") : style.red("✗")} ${style.bold(name)}  ${count(files.length, "file")} (${bytes(size)}) in ${folder}`
  )
  for (const { path, problem, state } of files) {
    if (problem !== undefined) out.line(`  ${style.red(path)}: ${problem}`)
    else if (verbose) {
      out.line(
        `  ${path}: ${state === "matches" ? "has the hash that is known" : "is sound; no hash is known"}`
      )
    }
  }
  const unknown = files.filter(({ state }) => state === "sound").length
  if (sound && unknown > 0) {
    out.line(
      style.dim(`  of ${count(unknown, "file")} no hash is known: looked at by form and size`)
    )
  }
}
