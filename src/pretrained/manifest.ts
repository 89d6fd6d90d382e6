/** Manifests of pretrained models: where their files come from, on what conditions, and what they are for. */
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Result from "effect/Result"
import { isMap, isScalar, LineCounter, type Node, parseDocument, type Document } from "yaml"
import { nearest } from "../base/nearest.ts"
import { UserError } from "../base/user-error.ts"

const text = Schema.String.check(Schema.isPattern(/\S/, { message: "expected a text" }))
const hubName = Schema.String.check(
  Schema.isPattern(/^[\w.-]+\/[\w.-]+$/, { message: "expected OWNER/NAME" })
)
const revision = Schema.String.check(
  Schema.isPattern(/^[\w.-]+(?:\/[\w.-]+)*$/, { message: "expected a branch, a tag or a commit" })
)
/** A path that stays below its folder on every system. */
const path = Schema.String.check(
  Schema.isPattern(/^(?!\.\.?(?:\/|$))[\w.-]+(?:\/(?!\.\.?(?:\/|$))[\w.-]+)*$/, {
    message: "expected a path below the model's folder, such as unet/config.json"
  })
)
const sha256 = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/, {
    message: "expected a SHA-256 of 64 lower-case hexadecimal digits"
  })
)
const size = Schema.Int.check(Schema.isGreaterThan(0))
const webAddress = Schema.String.check(
  Schema.isPattern(/^https:\/\/\S+$/, { message: "expected an address that begins with https://" })
)

const Content = Schema.Struct({
  title: text,
  usedFor: text,
  source: Schema.Struct({ repository: hubName, revision }),
  licence: Schema.Struct({
    name: text,
    url: webAddress,
    conditions: text,
    mustBeAccepted: Schema.Boolean
  }),
  files: Schema.Array(
    Schema.Struct({
      path,
      sha256: Schema.optionalKey(sha256),
      sizeBytes: Schema.optionalKey(size)
    })
  ).check(Schema.isMinLength(1, { message: "expected at least one file" }))
})

/** Files are paths in the repository, and below the folder of a copy. An index of shards stands for its shards too. */
export type ManifestFile = (typeof Content.Type)["files"][number]
export type Manifest = typeof Content.Type & {
  /** That of the manifest's file, without `.yaml`. */
  readonly name: string
}

const decode = Schema.decodeUnknownResult(Content, { errors: "all", onExcessProperty: "error" })

/**
 * @param name of the model
 * @param source the manifest's YAML
 * @param shown how messages name the file
 * @throws UserError naming every problem with its line and column
 */
export const decodeManifest = (name: string, source: string, shown: string): Manifest => {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines })
  const at = (offset: number): string => {
    const { col, line } = lines.linePos(offset)
    return `${shown}:${line}:${col}`
  }
  const syntax = document.errors.map(
    ({ message, pos }) => `${at(pos[0])}: ${message.split(" at line")[0]}`
  )
  if (syntax.length > 0) throw refused(shown, syntax)
  const result = decode(toJs(document, shown))
  if (Result.isFailure(result)) {
    const { issues } = SchemaIssue.makeFormatterStandardSchemaV1()(result.failure.issue)
    throw refused(
      shown,
      issues.map(({ message, path = [] }) => {
        const keys = path.map((step) => (typeof step === "object" ? step.key : step))
        return `${at(offsetOf(document, keys))}: ${sentence(message, keys)}`
      })
    )
  }
  const content = result.success
  const paths = content.files.map(({ path }) => path)
  const twice = paths.findIndex((path, index) => paths.indexOf(path) < index)
  if (twice >= 0) {
    const place = at(offsetOf(document, ["files", twice, "path"]))
    throw refused(shown, [`${place}: ${paths[twice]} is there twice`])
  }
  return { name, ...content }
}

const refused = (shown: string, problems: ReadonlyArray<string>): UserError =>
  new UserError(problems.join("\n"), {
    hint: `${shown} describes a pretrained model; the manifests that ablate brings show how`
  })

const toJs = (document: Document, shown: string): unknown => {
  try {
    return document.toJS()
  } catch (cause) {
    // Aliases that multiply.
    throw new UserError(`${shown}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause
    })
  }
}

/** Of the node that a path leads to: of a key that should not be there, the key; of one that is missing, its map. */
const offsetOf = (document: Document, keys: ReadonlyArray<PropertyKey>): number => {
  for (let length = keys.length; length > 0; length--) {
    const parent =
      length === 1 ? document.contents : document.getIn(keys.slice(0, length - 1), true)
    const last = keys[length - 1]
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === last)
      : undefined
    const node =
      length === keys.length && pair !== undefined
        ? (pair.key as Node)
        : (document.getIn(keys.slice(0, length), true) as Node | undefined)
    if (node?.range) return node.range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

const known: { readonly [parent: string]: ReadonlyArray<string> } = {
  "": ["title", "usedFor", "source", "licence", "files"],
  source: ["repository", "revision"],
  licence: ["name", "url", "conditions", "mustBeAccepted"],
  files: ["path", "sha256", "sizeBytes"]
}

const sentence = (message: string, keys: ReadonlyArray<PropertyKey>): string => {
  const shown = keys
    .map((key, index) =>
      typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`
    )
    .join("")
  const [last] = keys.slice(-1)
  if (/excess property/i.test(message)) {
    const close = nearest(String(last), known[keys.length === 1 ? "" : String(keys[0])] ?? [])
    return `there is no key ${shown}${close === undefined ? "" : `; did you mean ${close}?`}`
  }
  if (/missing key/i.test(message)) return `${shown} is missing`
  const lower = `${message.charAt(0).toLowerCase()}${message.slice(1)}`
  return shown === "" ? lower : `${shown}: ${lower}`
}
