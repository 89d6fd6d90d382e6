/** The names in the project around a call. What cannot be read offers nothing, since a TAB is no place for errors. */
import { existsSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { ownerOf } from "../../plan/instance-name.ts"
import type { CommandContext } from "../command.ts"
import { namePipeline, nameOfPipeline, pipelineFiles } from "../pipeline-file.ts"
import { openProject, type Project } from "../project.ts"
import type { Candidate, Names } from "./candidates.ts"

/** Older runs are rarely asked for, and a store may have thousands. */
const runsOffered = 20

export const namesIn = async (context: CommandContext): Promise<Names> => {
  const project = await openProject(context)
  const runs = () =>
    existsSync(join(project.storeRoot, "store.json"))
      ? project.store.runs.list().slice(0, runsOffered)
      : []
  return {
    pipelines: () =>
      quietly(() =>
        pipelineFiles(project.root).map((file) => ({
          text: nameOfPipeline(file),
          note: relative(project.root, file)
        }))
      ),
    stagesOf: (pipeline) => stagesIn(project, pipeline, context.cwd),
    catalogue: () =>
      quietly(() =>
        [...project.registry.entries.values()].flatMap(({ file, uses }) =>
          isInternal(file) ? [] : [{ text: uses }]
        )
      ),
    runs: () =>
      quietly(() => {
        const all = runs().map(({ name, pipeline, state }) => ({
          text: name,
          note: `${pipeline}, ${state}`
        }))
        return all.length === 0 ? [] : [{ text: "last", note: all[0]?.text ?? "" }, ...all]
      }),
    results: () =>
      quietly(() => {
        const [newest] = runs()
        const manifest = newest === undefined ? undefined : project.store.runs.manifest(newest)
        return (manifest?.instances ?? []).map(({ id, uses }) => {
          const owner = ownerOf(id)
          return owner === id
            ? { text: id, note: uses }
            : { text: id, note: uses, behind: `${owner}/` }
        })
      }),
    pins: () =>
      quietly(() => [
        ...project.store.roots.pins().map(({ name }) => ({ text: name, note: "pin" })),
        ...project.store.roots.tags().map(({ tag, run }) => ({ text: tag, note: `tag of ${run}` }))
      ])
  }
}

/** Whether it is only a part of other stages, as its text says: loading all stages would take longer than a TAB may. */
const isInternal = (file: string): boolean =>
  /^\s*internal: true\b/m.test(readFileSync(file, "utf8"))

const quietly = <T>(read: () => ReadonlyArray<T>): ReadonlyArray<T> => {
  try {
    return read()
  } catch {
    return []
  }
}

/** Those that the file itself declares: following `extends` and `include` would take longer than a TAB may. */
const stagesIn = async (
  project: Project,
  pipeline: string | undefined,
  cwd: string
): Promise<ReadonlyArray<Candidate>> => {
  try {
    const { file } = await namePipeline(pipeline === undefined ? [] : [pipeline], project, cwd)
    const { parse } = await import("yaml")
    const content = parse(readFileSync(file, "utf8")) as {
      readonly stages?: { readonly [name: string]: { readonly uses?: string } | null }
    } | null
    return Object.entries(content?.stages ?? {}).map(([text, stage]) =>
      stage?.uses === undefined ? { text } : { text, note: stage.uses }
    )
  } catch {
    return []
  }
}
