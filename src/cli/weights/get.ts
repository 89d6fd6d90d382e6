/** Downloads with a line that counts up where a person is looking, and a gentle end at Ctrl-C. */
import { getPretrained } from "../../pretrained/get.ts"
import type { Manifest } from "../../pretrained/manifest.ts"
import type { CommandContext } from "../command.ts"
import { bytes } from "../format.ts"
import { catchSignals } from "../signals.ts"
import { truncate } from "../text.ts"

const clear = "\r\u001B[K"

/** @returns the exit code, and the folder when it is 0 */
export const getWithProgress = async (
  manifest: Manifest,
  root: string,
  { env, err, quiet, verbose }: CommandContext
): Promise<{ readonly code: number; readonly folder?: string; readonly known?: boolean }> => {
  const signals = catchSignals(() => {})
  const shows = !quiet && err.interactive
  const wipe = () => {
    if (shows) err.write(clear)
  }
  try {
    const { folder, known } = await getPretrained(manifest, {
      root,
      env,
      signal: signals.gently,
      log: (line) => {
        if (quiet || (shows && !verbose)) return
        wipe()
        err.line(line)
      },
      progress: (path, done, total) => {
        if (!shows) return
        const share = total === 0 ? 100 : Math.floor((done / total) * 100)
        const text = `${path}  ${bytes(done)} of ${bytes(total)}  ${share} %`
        err.write(`${clear}${truncate(text, err.columns - 1)}`)
      }
    })
    wipe()
    return { code: 0, folder, known }
  } catch (error) {
    wipe()
    if (!signals.gently.aborted) throw error
    if (!quiet) err.line(`stopped; \`ablate weights get ${manifest.name}\` goes on where it was`)
    return { code: signals.exitCode() }
  } finally {
    signals.release()
  }
}
