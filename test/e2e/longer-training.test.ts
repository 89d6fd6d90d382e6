/** More epochs go on from fewer where the rates agree; and end where a straight training ends. */
import { assert, beforeAll, describe, it } from "vitest"
import * as path from "node:path"
import { ablate, inState, stagesOf, temporaryFolder } from "../support/project.ts"

const folder = temporaryFolder()
const constant = "{ rate: { kind: constant, value: 1e-3 } }"
const relative = "{ rate: { kind: exponential, initial: 1e-2, factorOverRun: 0.1 } }"

const training = (command: string, epochs: number, rate: string, place = "one") => {
  const set = [
    "params.digits=200",
    "params.train=160",
    "params.channels=4",
    `params.epochs=${epochs}`,
    `matrix.rate=${rate}`
  ].flatMap((one) => ["-S", one])
  const what = command === "why" ? ["train", "quickstart"] : ["quickstart", "train"]
  const results = command === "run" ? ["--results", path.join(folder, `${place}-results`)] : []
  return [command, ...what, ...set, "--store", path.join(folder, place), ...results]
}

const epochsIn = (stages: Awaited<ReturnType<typeof stagesOf>>, state: string) =>
  inState(stages, state)
    .filter((id) => id.includes("/epoch-"))
    .map((id) => id.replace(/^.*\//, ""))
    .toSorted()

const weights = (stages: Awaited<ReturnType<typeof stagesOf>>) =>
  stages.get("train[rate=rate]")?.outputs

describe("epochs: 2, then 4", () => {
  beforeAll(async () => {
    await stagesOf(training("run", 2, constant))
    await stagesOf(training("run", 2, relative, "decay"))
  }, 120_000)

  it("trains two epochs under a constant rate, to the bits of a straight training", async () => {
    const longer = await stagesOf(training("run", 4, constant))
    assert.deepStrictEqual(epochsIn(longer, "known"), ["epoch-1", "epoch-2"])
    assert.deepStrictEqual(epochsIn(longer, "ran"), ["epoch-3", "epoch-4"])
    const straight = await stagesOf(training("run", 4, constant, "straight"))
    assert.strictEqual(epochsIn(straight, "ran").length, 4)
    assert.isDefined(weights(straight)?.["model"])
    assert.deepStrictEqual(weights(longer), weights(straight))
  })

  it("says under a decay relative to the run from where its rates differ, then trains from there", async () => {
    const { stdout, stderr } = await ablate(training("why", 4, relative, "decay"))
    assert.match(
      stdout.replaceAll(/\s+/g, " "),
      /parts epoch-2 is the first that runs: learningRate: 0\.00316227\d* → 0\.00562341\d*; epoch-1 and evaluate-1 are known/,
      stdout + stderr
    )
    const longer = await stagesOf(training("run", 4, relative, "decay"))
    assert.deepStrictEqual(epochsIn(longer, "known"), ["epoch-1"])
    const straight = await stagesOf(training("run", 4, relative, "straight"))
    assert.deepStrictEqual(weights(longer), weights(straight))
  })
})
