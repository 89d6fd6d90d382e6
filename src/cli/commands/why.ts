/** `ablate why`: all that can be told about a stage instance, whether it will run or has run. */
import { UserError } from "../../base/user-error.ts"
import { matchInstances, select } from "../../plan/select.ts"
import { story, storyLines, type Story } from "../../plan/story.ts"
import { openIndex } from "../../store/index-db.ts"
import { pipelineFlags, type Command, type CommandContext } from "../command.ts"
import { explainedPlan } from "../explained-plan.ts"
import { count } from "../format.ts"
import type { OpenedPipeline } from "../pipeline.ts"
import { forceFlag } from "../run-flags.ts"
import { wrapLabelled } from "../story-text.ts"
import { openWhyTarget } from "../why-target.ts"

export const command: Command = {
  name: "why",
  usage: ["why STAGE [FILE]"],
  description: `Tells why a stage will run, or why it ran: every difference between what its result would be made of now and what
    it was made of last, and for a stage that waits, the way to what has to run first. Of a stage whose result is
    known it tells which run made it, when, and for which reason. Then the recipe: parameters, inputs, code.

    STAGE is a stage of the pipeline, an instance such as \`train[seed=7]\`, or a pattern. Of a stage with several
    instances those that are not known are told, or else the first; -v tells all, with whole digests.

    Without FILE the project's only or default pipeline is meant, or else that of the newest run, with the values that
    were set for it.`,
  args: { min: 1, max: 2 },
  flags: [pipelineFlags, { title: "Why", flags: [forceFlag] }],
  examples: [
    { line: "ablate why noisy", note: "of the newest run's pipeline" },
    { line: "ablate why 'blurred[blur=k5-s1]' classical-denoising", note: "one instance" },
    {
      line: "ablate why samples quickstart -S params.seed=7",
      note: "what another seed would change"
    }
  ],
  run: async (context) => {
    const { name, opened, run } = await openWhyTarget(context)
    if (name === undefined) {
      throw new UserError("which stage?", {
        hint: `stages of ${opened.pipeline.name} are ${[...new Set(opened.pipeline.instances.map(({ stage }) => stage))].join(", ")}`
      })
    }
    if (run !== undefined && !context.json) {
      const { out } = context
      out.line(out.style.dim(`${opened.pipeline.name}, as in the newest run, ${run}`))
      out.line()
    }
    return tell(context, opened, name)
  }
}

/** Instances whose story is told when a stage has many. */
const toldAtMost = 3

const tell = async (
  context: CommandContext,
  opened: OpenedPipeline,
  name: string
): Promise<number> => {
  const { pipeline, planContext } = opened
  const named = [...matchInstances(pipeline, name)]
  const plan = await explainedPlan(opened, select(pipeline, { targets: [name] }))
  opened.saveDigests()
  const index = openIndex(planContext.store)
  const latest = index.latest(pipeline.file, named)
  index.close()
  const states = new Map(plan.decisions.map(({ instance, state }) => [instance.id, state]))
  const open = named.filter((id) => states.get(id) !== "known")
  const some = open.length > 0 ? open.slice(0, toldAtMost) : named.slice(0, 1)
  const chosen = context.verbose || context.json ? named : some
  const stories = chosen.map((id) => story(id, plan, pipeline, planContext, latest.get(id)))
  if (context.json) {
    context.printJson({ pipeline: pipeline.name, file: pipeline.file, stages: stories })
    return 0
  }
  print(context, stories)
  if (chosen.length < named.length) {
    context.out.line()
    context.out.line(
      context.out.style.dim(
        `${name} has ${count(named.length, "instance")}, ${open.length} not known; -v tells all of them`
      )
    )
  }
  return 0
}

const print = ({ out, verbose }: CommandContext, stories: ReadonlyArray<Story>) => {
  for (const [index, told] of stories.entries()) {
    if (index > 0) out.line()
    const [heading = "", ...lines] = storyLines(told)
    out.line(out.style.bold(heading))
    for (const line of lines) out.line(wrapLabelled(line, out, verbose))
  }
}
