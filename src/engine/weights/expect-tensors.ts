import { nearest } from "../../base/nearest.ts"
import { UserError } from "../../base/user-error.ts"
import { type Weights } from "./weights.ts"

/** Of each kind of problem; a wrong file has hundreds. */
const mostListed = 10

/**
 * Checks that weights are those of a model: all of its tensors, no others, in its shapes.
 *
 * @param shapes of the model's tensors
 * @throws UserError with every kind of difference, and for missing names the one in the file that is most like it
 */
export const expectTensors = (
  { path, tensors }: Weights,
  shapes: Readonly<Record<string, ReadonlyArray<number>>>
): void => {
  const names = Object.keys(shapes)
  const missing = names.filter((name) => !tensors.has(name))
  const unexpected = [...tensors.keys()].filter((name) => !Object.hasOwn(shapes, name))
  const misshapen = names.flatMap((name) => {
    const found = tensors.get(name)?.shape
    const shape = shapes[name]!
    return found === undefined || found.join() === shape.join()
      ? []
      : [`${name} is [${found.join()}], the model's is [${shape.join()}]`]
  })
  if (missing.length + unexpected.length + misshapen.length === 0) return
  const problems = [
    ...listed("missing", missing, (name) => {
      const like = nearest(name, unexpected)
      return like === undefined ? name : `${name} (there is ${like})`
    }),
    ...listed("unexpected", unexpected, (name) => name),
    ...listed("of another shape", misshapen, (text) => text)
  ]
  const prefix = commonPrefix(missing, unexpected)
  throw new UserError(
    `${path} does not hold this model's weights:\n${problems.map((line) => `  ${line}`).join("\n")}`,
    {
      exitCode: 1,
      hint:
        prefix ??
        "use the weights of a model with the same architecture and the same parameters, converted to these names"
    }
  )
}

const listed = (
  kind: string,
  items: ReadonlyArray<string>,
  show: (item: string) => string
): ReadonlyArray<string> =>
  items.length === 0
    ? []
    : [
        `${items.length} ${kind}:`,
        ...items.slice(0, mostListed).map((item) => `  ${show(item)}`),
        ...(items.length > mostListed ? [`  and ${items.length - mostListed} more`] : [])
      ]

/** The commonest difference: a model that was saved as a part of a larger one, or the other way round. */
const commonPrefix = (
  missing: ReadonlyArray<string>,
  unexpected: ReadonlyArray<string>
): string | undefined => {
  const [first] = missing
  if (first === undefined || missing.length !== unexpected.length) return undefined
  for (const name of unexpected) {
    const [longer, shorter] = name.length > first.length ? [name, first] : [first, name]
    const prefix = longer.slice(0, longer.length - shorter.length)
    if (longer !== `${prefix}${shorter}`) continue
    const inFile = longer === name
    const have = new Set(unexpected)
    const all = missing.every((one) =>
      have.has(inFile ? `${prefix}${one}` : one.startsWith(prefix) ? one.slice(prefix.length) : "")
    )
    if (all) {
      return inFile
        ? `its names have the prefix ${prefix} that the model's do not have`
        : `its names lack the prefix ${prefix} that the model's have`
    }
  }
  return undefined
}
