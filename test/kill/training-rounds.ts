/**
 * Rounds of `kill -9` in the middle of an epoch: the driver, or every third time its worker. The run that follows must end with
 * the weights of a training that nobody disturbed, to the last bit, having trained no finished epoch twice.
 *
 * `node test/kill/training-rounds.ts [ROUNDS]`, default 10 (part of `npm run test:kill`).
 */
import { rmSync } from "node:fs"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { ablate, inState, stagesOf, start, temporaryFolder } from "../support/project.ts"
import { childrenOf, ended, kill } from "./processes.ts"

const epochs = 4

const settings = [
  "params.digits=600",
  "params.train=512",
  "params.channels=4",
  `params.epochs=${epochs}`,
  "matrix.rate={ decay: { kind: exponential, initial: 1e-2, factorOverRun: 0.1 } }"
].flatMap((one) => ["-S", one])

const training = (folder: string, command: "run" | "plan" = "run") => {
  const places = ["--store", path.join(folder, "store"), "--results", path.join(folder, "results")]
  return [command, "quickstart", "train", ...settings, "-j1", ...places]
}

const train = "train[rate=decay]"
const weightsOf = (stages: Awaited<ReturnType<typeof stagesOf>>) =>
  stages.get(train)?.outputs?.["model"]?.digest

export interface TrainingKills {
  readonly driversKilled: number
  readonly workersKilled: number
}

/** @throws Error with what went wrong; the folder is kept then, and named. */
export const killTrainings = async (
  rounds: number,
  log: (line: string) => void
): Promise<TrainingKills> => {
  const folder = temporaryFolder("ablate-kill-")
  const straight = path.join(folder, "straight")
  const undisturbed = await stagesOf(training(straight))
  const expected = weightsOf(undisturbed)
  if (expected === undefined) throw new Error(`no weights in ${straight}`)
  const epochTime =
    [...undisturbed.values()]
      .filter(({ id }) => id.startsWith(`${train}/epoch-`))
      .reduce((sum, { seconds }) => sum + seconds, 0) / epochs

  const counts = { driversKilled: 0, workersKilled: 0 }
  for (let round = 0; round < rounds; round++) {
    const disturbed = path.join(folder, `round-${round}`)
    const epoch = 1 + Math.floor(Math.random() * epochs)
    const running = start(training(disturbed))
    await begun(running, `${train}/epoch-${epoch}`)
    await setTimeout(Math.random() * epochTime * 1000)
    const driver = running.child.pid ?? 0
    const workers = childrenOf(driver)
    const worker = round % 3 === 2 ? workers.at(-1) : undefined
    if (worker !== undefined) counts.workersKilled += kill(worker) ? 1 : 0
    else counts.driversKilled += kill(driver) ? 1 : 0
    await running.finished
    await ended(workers)

    const found = inState(await stagesOf(training(disturbed, "plan")), "known")
    const again = await stagesOf(training(disturbed))
    const problem = (what: string) => new Error(`round ${round}, ${disturbed}: ${what}`)
    if (weightsOf(again) !== expected) {
      throw problem(`the weights are ${weightsOf(again)}, not ${expected}`)
    }
    const twice = found.filter((id) => again.get(id)?.state !== "known")
    if (twice.length > 0) throw problem(`trained again: ${twice.join(", ")}`)
    const verified = await ablate(["store", "verify", "--store", path.join(disturbed, "store")])
    if (verified.code !== 0) throw problem(`store verify: ${verified.stdout}${verified.stderr}`)
    const kept = found.filter((id) => id.includes("/epoch-")).length
    log(`round ${round + 1}: killed in epoch ${epoch}, ${kept} kept, the same weights`)
    rmSync(disturbed, { recursive: true, force: true })
  }
  rmSync(folder, { recursive: true, force: true })
  return counts
}

/** When a run has said that it starts a stage. */
const begun = async ({ child, finished }: ReturnType<typeof start>, id: string): Promise<void> => {
  let text = ""
  await Promise.race([
    new Promise<void>((resolve) => {
      child.stderr?.on("data", (part: string) => {
        text += part
        if (text.includes(`> ${id}  `)) resolve()
      })
    }),
    finished
  ])
}

if (import.meta.main) {
  const counts = await killTrainings(Number(process.argv[2] ?? 10), console.log)
  console.log(`kill -9 while training: ${JSON.stringify(counts)}: the same weights to the last bit`)
}
