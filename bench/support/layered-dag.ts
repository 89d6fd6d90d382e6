/** The same layered DAG as a pipeline, a Snakefile, a ninja file and a Makefile. */
import { mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"

interface Node {
  readonly name: string
  readonly parents: ReadonlyArray<string>
}

/** Layers of about the square root of `size` stages; each stage reads one or two stages of the layer before. */
export const layeredDag = (size: number): ReadonlyArray<Node> => {
  const width = Math.max(1, Math.round(Math.sqrt(size)))
  return Array.from({ length: size }, (_, index) => {
    const [layer, place] = [Math.floor(index / width), index % width]
    const above = (offset: number) => `s${(layer - 1) * width + ((place + offset) % width)}`
    const parents = layer === 0 ? [] : index % 2 === 0 ? [above(0)] : [above(0), above(1)]
    return { name: `s${index}`, parents: [...new Set(parents)] }
  })
}

export const writePipeline = (folder: string, dag: ReadonlyArray<Node>): string => {
  const lines = dag.flatMap(({ name, parents }, index) => [
    `  ${name}:`,
    `    uses: bench/step`,
    ...(parents.length === 0
      ? []
      : [`    in: { parents: [${parents.map((p) => `${p}.metrics`).join(", ")}] }`]),
    `    with: { value: ${index} }`
  ])
  const file = path.join(folder, "pipelines", `layered-${dag.length}.yaml`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, `name: layered-${dag.length}\nstages:\n${lines.join("\n")}\n`)
  return file
}

export const writeSnakefile = (folder: string, dag: ReadonlyArray<Node>): void => {
  const leaves = new Set(dag.map((node) => node.name))
  for (const node of dag) for (const parent of node.parents) leaves.delete(parent)
  const rules = dag.map(({ name, parents }) =>
    [
      `rule ${name}:`,
      ...(parents.length === 0
        ? []
        : [`    input: ${parents.map((p) => `"out/${p}"`).join(", ")}`]),
      `    output: "out/${name}"`,
      `    shell: "cat {input} < /dev/null > {output}"`
    ].join("\n")
  )
  const all = `rule all:\n    input: ${[...leaves].map((leaf) => `"out/${leaf}"`).join(", ")}`
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, "Snakefile"), `${[all, ...rules].join("\n\n")}\n`)
}

export const writeNinja = (folder: string, dag: ReadonlyArray<Node>): void => {
  const builds = dag.map(({ name, parents }) =>
    `build out/${name}: step ${parents.map((p) => `out/${p}`).join(" ")}`.trimEnd()
  )
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    path.join(folder, "build.ninja"),
    `rule step\n  command = cat $in < /dev/null > $out\n${builds.join("\n")}\n`
  )
}

export const writeMakefile = (folder: string, dag: ReadonlyArray<Node>): void => {
  const rules = dag.map(
    ({ name, parents }) =>
      `out/${name}:${parents.map((p) => ` out/${p}`).join("")}\n\t@cat $^ < /dev/null > $@`
  )
  const all = `all:${dag.map(({ name }) => ` out/${name}`).join("")}`
  mkdirSync(path.join(folder, "out"), { recursive: true })
  writeFileSync(path.join(folder, "Makefile"), `${all}\n${rules.join("\n")}\n`)
}
