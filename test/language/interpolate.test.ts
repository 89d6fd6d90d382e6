import { assert, describe, it } from "@effect/vitest"
import { check, checked, makeProject, places } from "./project.ts"

describe("interpolation", () => {
  it("keeps the type of a whole value, and fills scalars into text", async () => {
    const pipeline = await checked(`params:
  epochs: 3
  net: { channels: 8 }
  rate: { kind: constant, value: 0.5 }
  flag: false
stages:
  train:
    uses: train
    with:
      epochs: \${params.epochs}
      unet: { channels: "\${params.net.channels}" }
      learningRate: \${params.rate}
      shuffle: \${params.flag}
      name: run \${params.epochs} with \${params.flag}, $\${params.epochs} and $5
`)
    assert.deepStrictEqual(pipeline.instances[0]?.params, {
      epochs: 3,
      learningRate: { kind: "constant", value: 0.5 },
      unet: { channels: 8 },
      shuffle: false,
      name: "run 3 with false, ${params.epochs} and $5",
      seed: 0
    })
  })

  it("lets parameters refer to parameters, and axis values to parameters", async () => {
    const pipeline = await checked(`params:
  base: { rate: 0.5, deep: { seed: 4 } }
  rate: \${params.base.rate}
  name: "rate \${params.rate}"
matrix:
  variant: { a: { rate: "\${params.rate}", seed: "\${params.base.deep.seed}" }, b: { rate: 1, seed: 2 } }
stages:
  train: { uses: train, with: { epochs: 1, learningRate: "\${matrix.variant.rate}", seed: "\${matrix.variant.seed}", name: "\${params.name}" } }
`)
    assert.deepStrictEqual(
      pipeline.instances.map(({ params }) => [
        params["learningRate"],
        params["seed"],
        params["name"]
      ]),
      [
        [0.5, 4, "rate 0.5"],
        [1, 2, "rate 0.5"]
      ]
    )
    assert.deepStrictEqual(pipeline.params["name"], "rate 0.5")
    assert.deepStrictEqual(pipeline.axes["variant"]?.[0]?.value, { rate: 0.5, seed: 4 })
  })

  it("lets a part of a map refer to another part", async () => {
    const pipeline = await checked(`params: { a: { x: 2, y: "\${params.a.x}" } }
stages:
  train: { uses: train, with: { epochs: "\${params.a.y}" } }
`)
    assert.strictEqual(pipeline.instances[0]?.params["epochs"], 2)
  })

  it("ends chains and towers of references", async () => {
    const chain = Array.from(
      { length: 3000 },
      (_, index) => `  p${index}: \${params.p${index + 1}}`
    )
    const tower = Array.from(
      { length: 300 },
      (_, index) => `  q${index}: ["\${params.q${index + 1}}"]`
    )
    const root = makeProject({
      "chain.yaml": `params:\n${chain.join("\n")}\n  p3000: 1\nstages:\n  t: { uses: train, with: { epochs: "\${params.p0}" } }\n`,
      "tower.yaml": `params:\n${tower.join("\n")}\n  q300: 1\nstages:\n  t: { uses: train, with: { epochs: "\${params.q0}" } }\n`,
      "doubling.yaml": `params:\n  a0: xxxxxxxxxx\n${Array.from({ length: 40 }, (_, index) => `  a${index + 1}: "\${params.a${index}}\${params.a${index}}"`).join("\n")}\nstages:\n  t: { uses: train, with: { epochs: 1, name: "\${params.a40}" } }\n`
    })
    assert.match(places(await check(root, "chain.yaml"))[0] ?? "", /reference-cycle$/)
    assert.match(places(await check(root, "tower.yaml"))[0] ?? "", /too-deep$/)
    assert.match(places(await check(root, "doubling.yaml"))[0] ?? "", /too-large$/)
  })
})
