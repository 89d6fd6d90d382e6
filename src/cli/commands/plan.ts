/** `ablate plan`, which `ablate run -n` is another name of: the decisions that a run would start from, with reasons. */
import { firstCause } from "../../plan/explain.ts"
import { totals } from "../../plan/totals.ts"
import { pipelineFlags, selectionFlags, type Command, type CommandContext } from "../command.ts"
import { explainedPlan } from "../explained-plan.ts"
import { openPipeline, selectionOf } from "../pipeline.ts"
import { planText } from "../plan-rows.ts"
import { forceFlag, jobsFlag } from "../run-flags.ts"

export const command: Command = {
  name: "plan",
  usage: ["plan [FILE] [STAGE...]"],
  description: `Says for each stage whether its result is known, whether it will run, or whether that depends on a result
    that is not there yet; and, for what will run, the first cause: a parameter, the code, an input, a file. Nothing is
    executed. The same code decides here and in \`ablate run\`.

    Instances of a stage that will run for the same reason are one line. -v lists every instance.`,
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  flags: [pipelineFlags, selectionFlags, { title: "Plan", flags: [forceFlag, jobsFlag] }],
  examples: [
    { line: "ablate plan quickstart", note: "what is not known yet" },
    { line: "ablate plan quickstart -S params.seed=7", note: "what another seed would run" },
    { line: "ablate plan quickstart samples -v", note: "one stage and what it needs, one by one" }
  ],
  run: (context) => printPlan(context)
}

export const printPlan = async (context: CommandContext): Promise<number> => {
  const opened = await openPipeline(context)
  const { pipeline, project, warnings } = opened
  const plan = await explainedPlan(opened, await selectionOf(context, opened))
  opened.saveDigests()
  if (context.json) {
    const { causes, expected, ...counts } = totals(plan, project.jobs)
    context.printJson({
      pipeline: pipeline.name,
      file: pipeline.file,
      counts,
      causes,
      expected,
      stages: plan.decisions.map((decision) => ({
        id: decision.instance.id,
        uses: decision.instance.uses,
        state: decision.state,
        reason: firstCause(decision),
        key: decision.state === "depends" ? null : decision.key,
        seconds: decision.state === "known" ? 0 : (decision.expectedSeconds ?? null)
      })),
      diagnostics: warnings
    })
    return 0
  }
  context.out.write(
    planText(plan, {
      file: pipeline.file,
      jobs: project.jobs,
      verbose: context.verbose,
      terminal: context.out
    })
  )
  return 0
}
