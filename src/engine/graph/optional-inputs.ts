import { type Node, type Value } from "./value.ts"

/**
 * The optional inputs of a node that has `required` others in front of them: attributes of their names, 0 or 1, tell which
 * are there.
 */
export const optionalInputs = <Name extends string>(
  { attrs, inputs }: Pick<Node, "attrs" | "inputs">,
  required: number,
  names: ReadonlyArray<Name>
): { readonly [N in Name]?: Value } => {
  const given = names.filter((name) => attrs[name] === 1)
  return Object.fromEntries(given.map((name, index) => [name, inputs[required + index]!])) as {
    readonly [N in Name]?: Value
  }
}
