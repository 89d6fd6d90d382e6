/** Where the files of a pretrained network are: a value names their folder, absolute or from the project's folder on. */
import { resolve } from "node:path"
import { projectVariable } from "../data/search-path.ts"

/** The project's folder, as a worker has learned it from its driver. */
const projectRoot = (env: NodeJS.ProcessEnv = process.env): string =>
  env[projectVariable] || process.cwd()

/** How a value names a folder that the user has named: in the user's words, if they lead there from the project's folder. */
export const folderInValue = (written: string, location: string, root = projectRoot()): string =>
  resolve(root, written) === location ? written : location

/** Absolute. */
export const locationOf = (folder: string, root = projectRoot()): string => resolve(root, folder)
