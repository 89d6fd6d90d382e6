/** esbuild runs as a child process of ours: started when it is first used, stopped when nobody uses it any more. */
import type * as Esbuild from "esbuild"

let users = 0

export const withEsbuild = async <A>(use: (esbuild: typeof Esbuild) => Promise<A>): Promise<A> => {
  const esbuild = await import("esbuild")
  users += 1
  try {
    return await use(esbuild)
  } finally {
    users -= 1
    if (users === 0) await esbuild.stop()
  }
}
