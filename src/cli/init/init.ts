/** Writes the files of a first project, never over others. */
import { existsSync, lstatSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { UserError } from "../../base/user-error.ts"
import type { CommandContext } from "../command.ts"
import { openProject } from "../project.ts"
import { type NewFile, projectFiles, schemaPath } from "./files.ts"

export const writeProject = async (context: CommandContext): Promise<number> => {
  const folder = resolve(context.cwd, context.args[0] ?? ".")
  const files = projectFiles.map((file) => place(folder, file))
  const schema = place(folder, { path: schemaPath, text: await schemaOf(folder, context) })
  const all = [...files, schema]
  const written = all.filter(({ fresh }) => fresh).map(({ path }) => path)
  const kept = all.filter(({ fresh }) => !fresh).map(({ path }) => path)
  if (context.json) context.printJson({ folder, written, kept })
  else print(folder, written, kept, context)
  return 0
}

interface Placed {
  readonly path: string
  readonly fresh: boolean
}

/** Exclusive creation: a file that appears in the meantime is not overwritten either. */
const place = (folder: string, { path, text }: NewFile): Placed => {
  const target = join(folder, path)
  try {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text, { flag: "wx" })
    return { path, fresh: true }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === "EEXIST" && isThere(target)) return { path, fresh: false }
    const reason =
      code === "EACCES" || code === "EPERM" || code === "EROFS"
        ? "you may not write there"
        : code === "ENOTDIR" || code === "EEXIST"
          ? "a file is where a folder should be"
          : message
    throw new UserError(`${target} cannot be written: ${reason}`, { exitCode: 1, cause })
  }
}

/** A link that leads nowhere is something too. */
const isThere = (path: string): boolean => {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

/** Of ablate's stages and of those that the folder has by now; not made where it would only be thrown away. */
const schemaOf = async (folder: string, context: CommandContext): Promise<string> => {
  if (existsSync(join(folder, schemaPath))) return ""
  const { registry } = await openProject({ ...context, cwd: folder })
  const { pipelineJsonSchema } = await import("../../language/json-schema.ts")
  return `${JSON.stringify(await pipelineJsonSchema(registry), undefined, 2)}\n`
}

const notes: { readonly [path: string]: string } = {
  "ablate.yaml": "settings",
  ".gitignore": "leaves out what can be made again",
  "pipelines/first.yaml": "the pipeline: start here",
  "stages/picture/posterize.ts": "a stage of your own",
  "pictures/hills.svg": "the picture that it works on",
  [schemaPath]: "what editors complete pipelines by"
}

const print = (
  folder: string,
  written: ReadonlyArray<string>,
  kept: ReadonlyArray<string>,
  { args, cwd, env, err, out, quiet }: CommandContext
): void => {
  for (const path of written) {
    out.line(`${path.padEnd(30)}${out.style.dim(notes[path] ?? "")}`.trimEnd())
  }
  if (quiet) return
  if (kept.length > 0) err.line(`left as they were: ${kept.join(", ")}`)
  const { cyan, dim } = err.style
  const elsewhere = args[0] === undefined || folder === cwd ? undefined : relative(cwd, folder)
  const { ablate, enter } = callsFrom(env, elsewhere)
  const next = [
    ...enter.map((line) => [line, ""]),
    [`${ablate} run`, "run it; the picture is under results/"],
    [`${ablate} run`, "again: nothing is left to do"],
    [`${ablate} run -S params.seed=7`, "only what depends on the seed"],
    [`${ablate} graph`, "what flows where"]
  ]
  const width = Math.max(...next.map(([line = ""]) => line.length)) + 3
  err.line()
  for (const [line = "", note = ""] of next)
    err.line(`  ${cyan(line.padEnd(width))}${dim(note)}`.trimEnd())
}

/** npx finds ablate from where it was called, and perhaps not from the new folder. */
const callsFrom = (env: NodeJS.ProcessEnv, elsewhere: string | undefined) => {
  const isNpx = env["npm_command"] === "exec"
  if (elsewhere === undefined) return { ablate: isNpx ? "npx ablate" : "ablate", enter: [] }
  const folder = /^[\w./-]+$/.test(elsewhere) ? elsewhere : `"${elsewhere}"`
  return isNpx
    ? { ablate: `npx ablate -C ${folder}`, enter: [] }
    : { ablate: "ablate", enter: [`cd ${folder}`] }
}
