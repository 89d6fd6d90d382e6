/** Where data sets are looked for. Which folder a file was found in changes nothing: its content is checked. */
import { delimiter, join, resolve } from "node:path"

/** Folders with data sets, parted as `PATH` is. */
export const dataVariable = "ABLATE_DATA"
/** The project's root, which a worker process learns from its driver. */
export const projectVariable = "ABLATE_PROJECT"

export interface DataFolders {
  /** In the order in which they are looked at, absolute. */
  readonly folders: ReadonlyArray<string>
  /** Where downloads go. */
  readonly downloads: string
}

/**
 * Each folder of `ABLATE_DATA`, then the project's `data/`, then `../shared/data` beside it; each with its folder `name`.
 *
 * @param name of the data set's own folder, such as `mnist`
 * @param cwd stands for the project where no root was handed on
 */
export const dataFolders = (
  name: string,
  env: NodeJS.ProcessEnv = process.env,
  cwd: string = process.cwd()
): DataFolders => {
  const root = env[projectVariable] || cwd
  const given = (env[dataVariable] ?? "").split(delimiter).filter((folder) => folder !== "")
  const all = [
    ...given.map((folder) => resolve(cwd, folder)),
    join(root, "data"),
    resolve(root, "..", "shared", "data")
  ]
  return {
    folders: [...new Set(all.flatMap((folder) => [join(folder, name), folder]))],
    downloads: join(root, "data", name)
  }
}
