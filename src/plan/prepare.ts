/**
 * A checked pipeline and the fingerprints of its stages, without checking or bundling anything when nothing changed.
 *
 * Only this file and what it imports statically is loaded when a pipeline is found in the cache: no YAML parser, no
 * schema library, no bundler, and no stage.
 */
import { readFileSync } from "node:fs"
import { isAbsolute } from "node:path"
import { digestOf } from "../base/digest.ts"
import { canonicalJson } from "../base/json.ts"
import { UserError } from "../base/user-error.ts"
import type { CheckRequest, CheckResult, Source } from "../language/check.ts"
import type { Diagnostic } from "../language/diagnostic.ts"
import type { CheckedPipeline } from "../language/pipeline.ts"
import type { CodeDescription } from "../store/action.ts"
import type { Store } from "../store/store.ts"
import { cacheFolder, readCacheFile, writeCacheFile } from "./cache-file.ts"
import { describedOnly, rememberedFingerprints } from "./code-cache.ts"
import { type FileState, isFile, isFolder, observe, revalidateAll } from "./file-state.ts"
import { ablateIdentity } from "./identity.ts"

export interface Prepared {
  /** Absent when there are errors. */
  readonly pipeline?: CheckedPipeline
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** Texts that diagnostics point into. */
  readonly sources: ReadonlyArray<Source>
  /** By `uses`, for each stage type of the pipeline. */
  readonly code: ReadonlyMap<string, CodeDescription>
  /**
   * Whether a stage's code is still what its fingerprint was made of: a result is only kept when this holds before and
   * after the stage ran.
   */
  readonly codeUnchanged: (uses: string) => boolean
}

export type PrepareRequest = CheckRequest & { readonly store: Store }

export type CheckPipeline = (request: CheckRequest) => Promise<CheckResult>

const kind = "checked"
/** Pipelines, each with every combination of `--set` in use. */
const keep = 50

/** @param check only tests pass another one than the language's own, which is loaded when it is needed */
export const prepare = async (
  request: PrepareRequest,
  check: CheckPipeline = checkByLanguage
): Promise<Prepared> => recall(request) ?? (await prepareAnew(request, check))

const checkByLanguage: CheckPipeline = async (request) => {
  const { checkPipeline } = await import("../language/check.ts")
  return checkPipeline(request)
}

const prepareAnew = async (request: PrepareRequest, check: CheckPipeline): Promise<Prepared> => {
  const startedAtMs = Date.now()
  const { registry, root, store } = request
  const { diagnostics, pipeline, sources } = await check(request)
  if (pipeline === undefined) {
    return { diagnostics, sources, code: new Map(), codeUnchanged: () => false }
  }
  const uses = [...new Set(pipeline.instances.map((instance) => instance.uses))]
  const { code, fresh } = await rememberedFingerprints(registry, uses, root, store.root)
  for (const name of fresh) describeInStore(store, code.get(name) as CodeDescription)
  const head = dependenciesOf(pipeline, sources, code)
  const consistent = head !== undefined && isOlderThan(head.files, startedAtMs)
  if (consistent) remember(request, head, bodyOf(pipeline, diagnostics, sources, head, code))
  const states = new Map([...code].map(([name, { states }]) => [name, states]))
  return {
    pipeline,
    diagnostics,
    sources,
    code: new Map([...code].map(([name, described]) => [name, describedOnly(described)])),
    codeUnchanged: unchangedSince(states)
  }
}

/** For later explanations. A plan over a store that may only be read does without. */
const describeInStore = (store: Store, code: CodeDescription): void => {
  try {
    store.code.put(describedOnly(code))
  } catch (error) {
    if (!(error instanceof UserError)) throw error
  }
}

/** Code that changed while it was read may be in the checked pipeline in one version and in the fingerprint in another. */
const isOlderThan = (files: ReadonlyArray<FileState>, timeMs: number): boolean =>
  files.every(({ ctimeMs, mtimeMs }) => Math.max(mtimeMs, ctimeMs) < timeMs)

const unchangedSince = (states: ReadonlyMap<string, ReadonlyArray<FileState>>) => {
  const latest = new Map(states)
  return (uses: string): boolean => {
    const known = latest.get(uses)
    const now = known === undefined ? undefined : revalidateAll(known)
    if (now !== undefined) latest.set(uses, now)
    return now !== undefined
  }
}

/** What a remembered pipeline depends on. */
interface Head {
  readonly files: ReadonlyArray<FileState>
  /** Files and folders that parameters name: they have to be there, their content enters the keys later. */
  readonly inputs: ReadonlyArray<string>
  readonly folders: ReadonlyArray<string>
}

interface Body {
  readonly pipeline: CheckedPipeline
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** The text only where it is not that of a file. */
  readonly sources: ReadonlyArray<{
    readonly path: string
    readonly shown: string
    readonly text?: string
  }>
  /** By `uses`; `files` are indices into the head's. */
  readonly code: {
    readonly [uses: string]: {
      readonly code: CodeDescription
      readonly files: ReadonlyArray<number>
    }
  }
}

/** Undefined when a source has changed since it was checked, or is no text that can be read again. */
const dependenciesOf = (
  pipeline: CheckedPipeline,
  sources: ReadonlyArray<Source>,
  code: ReadonlyMap<string, { readonly states: ReadonlyArray<FileState> }>
): Head | undefined => {
  const files = new Map<string, FileState>()
  for (const { path, text } of sources) {
    // What was typed on the command line is a source too, and part of the request.
    if (!isAbsolute(path)) continue
    const observed = observe(path)
    if (observed?.bytes.toString("utf8") !== text) return undefined
    files.set(path, observed.state)
  }
  for (const { states } of code.values()) for (const state of states) files.set(state.path, state)
  const named = pipeline.instances.flatMap((instance) => Object.values(instance.files))
  const pathsOf = (kind: true | undefined) => [
    ...new Set(named.filter(({ folder }) => folder === kind).map(({ path }) => path))
  ]
  return { files: [...files.values()], inputs: pathsOf(undefined), folders: pathsOf(true) }
}

const bodyOf = (
  pipeline: CheckedPipeline,
  diagnostics: ReadonlyArray<Diagnostic>,
  sources: ReadonlyArray<Source>,
  { files }: Head,
  code: ReadonlyMap<string, CodeDescription & { readonly states: ReadonlyArray<FileState> }>
): Body => {
  const indexOf = new Map(files.map(({ path }, index) => [path, index]))
  return {
    pipeline,
    diagnostics,
    sources: sources.map(({ path, shown, text }) => ({
      path,
      shown,
      ...(indexOf.has(path) ? {} : { text })
    })),
    code: Object.fromEntries(
      [...code].map(([uses, described]) => [
        uses,
        {
          code: describedOnly(described),
          files: described.states.map(({ path }) => indexOf.get(path) as number)
        }
      ])
    )
  }
}

const fileName = (request: PrepareRequest): string => {
  const { allowedPaths, cwd, file, paramsFiles, registry, root, set } = request
  const entries = [...registry.entries.values()].map(({ file, own, uses }) => [uses, file, own])
  const key = canonicalJson({ root, cwd, file, set, paramsFiles, allowedPaths, entries })
  return `${digestOf("checked", [ablateIdentity(), key])}.json`
}

const remember = (request: PrepareRequest, head: Head, body: Body): void =>
  writeCacheFile(
    request.store.root,
    kind,
    fileName(request),
    { head, body: JSON.stringify(body) },
    keep
  )

const recall = (request: PrepareRequest): Prepared | undefined => {
  const name = fileName(request)
  const file = readCacheFile(`${cacheFolder(request.store.root, kind)}/${name}`)
  if (file === undefined) return undefined
  const head = file.head as Head
  const files = revalidateAll(head.files)
  if (files === undefined || !head.inputs.every(isFile) || !head.folders.every(isFolder)) {
    return undefined
  }
  const body = JSON.parse(file.body) as Body
  if (files.some((state, index) => state !== head.files[index])) {
    writeCacheFile(
      request.store.root,
      kind,
      name,
      { head: { ...head, files } satisfies Head, body: file.body },
      keep
    )
  }
  const code = Object.entries(body.code)
  return {
    pipeline: body.pipeline,
    diagnostics: body.diagnostics,
    sources: body.sources.map((source) => withText(source)),
    code: new Map(code.map(([uses, { code }]) => [uses, code])),
    codeUnchanged: unchangedSince(
      new Map(
        code.map(([uses, { files: indices }]) => [
          uses,
          indices.map((index) => files[index] as FileState)
        ])
      )
    )
  }
}

/** Reads the text when it is asked for, which only a warning's source frame does. */
const withText = ({ path, shown, text }: Body["sources"][number]): Source => ({
  path,
  shown,
  get text() {
    return text ?? readFileSync(path, "utf8")
  }
})
