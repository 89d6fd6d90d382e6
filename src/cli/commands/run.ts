/**
 * `ablate run`. When everything is known, this path loads neither Effect nor YAML nor a tensor library: deciding, recording
 * the run and printing take a few milliseconds after Node's own start. Whatever there is to execute is in `run-live.ts`.
 */
import { UserError } from "../../base/user-error.ts"
import { planPipeline } from "../../plan/decide.ts"
import type { Plan } from "../../plan/plan.ts"
import type { RunOutcome } from "../../run/outcome.ts"
import { recordKnownRun } from "../../run/record-known.ts"
import { pipelineFlags, selectionFlags, type Command, type CommandContext } from "../command.ts"
import { openPipeline, selectionOf, type OpenedPipeline } from "../pipeline.ts"
import { forceFlag, jobsFlag } from "../run-flags.ts"
import { knownReport, printRun } from "../run-report.ts"

export const command: Command = {
  name: "run",
  usage: ["run [FILE] [STAGE...]"],
  description: `Checks the pipeline, runs the stages whose results are not known yet, and lays its pictures and files out under
    results/. FILE is a path, or the name of a file in pipelines/; without it the project's only or default pipeline
    is meant. With STAGEs, only they and what they need.

    What has run stays known: an interrupted run goes on where it stopped, and a changed pipeline runs only what
    depends on the change. Ctrl-C once asks running stages to stop and keeps what they finish; twice stops at once.`,
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  flags: [
    pipelineFlags,
    selectionFlags,
    {
      title: "Run",
      flags: [
        {
          name: "dry-run",
          short: "n",
          summary: "only say what would run and why, as `ablate plan` does"
        },
        forceFlag,
        {
          name: "keep-going",
          short: "k",
          summary: "when a stage fails, go on with those that do not need it"
        },
        jobsFlag,
        {
          name: "executor",
          value: "NAME",
          summary: "where stages run: local, worker processes on this machine"
        }
      ]
    }
  ],
  examples: [
    { line: "ablate run quickstart", note: "pipelines/quickstart.yaml" },
    { line: "ablate run quickstart -S params.seed=7", note: "with another seed" },
    { line: "ablate run quickstart samples -f samples -j 2", note: "one stage again, two at once" }
  ],
  run: async (context) => {
    checkExecutor(context)
    if (context.flags.has("dry-run")) {
      const { printPlan } = await import("./plan.ts")
      return printPlan(context)
    }
    const opened = await openPipeline(context)
    const selection = await selectionOf(context, opened)
    for (;;) {
      const plan = planPipeline(opened.pipeline, opened.planContext, selection)
      if (plan.decisions.some(({ state }) => state !== "known")) {
        const { runLive } = await import("../run-live.ts")
        return runLive(context, opened, plan, selection)
      }
      const outcome = await runKnown(context, opened, plan)
      if (outcome !== undefined) {
        opened.saveDigests()
        return 0
      }
    }
  }
}

/** @returns undefined when results were removed since the plan was made */
const runKnown = async (
  context: CommandContext,
  { pipeline, planContext, project, warnings }: OpenedPipeline,
  plan: Plan
): Promise<RunOutcome | undefined> => {
  const outcome = await recordKnownRun({
    store: planContext.store,
    pipeline,
    plan,
    set: context.flags.all("set"),
    resultsFolder: project.resultsRoot
  })
  if (outcome === undefined) return undefined
  printRun(context, {
    outcome,
    stages: () => plan.decisions.flatMap((decision) => knownReport(decision) ?? []),
    failures: [],
    positions: new Map(),
    seconds: performance.now() / 1000,
    warnings
  })
  return outcome
}

const checkExecutor = ({ flags }: CommandContext) => {
  const executor = flags.text("executor")
  if (executor === undefined || executor === "local") return
  throw new UserError(`there is no executor "${executor}"`, {
    hint: "this version has one, local: worker processes on this machine"
  })
}
