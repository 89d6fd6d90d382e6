/** `ablate compare [FILE] [STAGE...]`: the variants of a matrix side by side. */
import { type Command, pipelineFlags } from "../command.ts"
import { comparePipeline } from "../compare/compare.ts"

export const command: Command = {
  name: "compare",
  usage: ["compare [FILE] [STAGE...]"],
  description: `Compares the results of a matrix: a row for each point, with only the axes that differ, the metrics that were measured, and the best of each marked. --over takes mean and standard deviation over an axis, such as the seed. Nothing is executed: what is not known yet is named and left out.

Without STAGE, all stages that depend on the matrix and make metrics are put together by their points, with the samples of the last stage that makes some.

--html writes a page that needs nothing else: the table, loss curves (linear or logarithmic; by step, epoch or time; smoothed, with the raw lines behind), learning rates, test losses, and samples side by side.`,
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  flags: [
    {
      title: "Compare",
      flags: [
        { name: "over", value: "AXIS", summary: "take mean and deviation over this axis" },
        {
          name: "by",
          value: "METRIC",
          summary: "rank by this metric (default: the final test loss, else an evaluation)"
        },
        {
          name: "best",
          value: "METRIC=min|max",
          repeatable: true,
          summary: "say whether less or more is better, where the name does not"
        },
        { name: "html", value: "FILE", summary: "write a page with table, curves and samples" },
        { name: "csv", value: "FILE", summary: "write every run's metrics, a row a run" },
        { name: "svg", value: "FILE", summary: "write the loss curves as a figure" },
        {
          name: "x",
          value: "UNIT",
          choices: ["step", "epoch", "time"],
          summary: "what the curves are drawn by at first: step (the default), epoch or time"
        },
        {
          name: "smooth",
          value: "N",
          summary: "average losses over N steps at first (default: a fiftieth of the training)"
        }
      ]
    },
    pipelineFlags
  ],
  examples: [
    { line: "ablate compare lr-schedules --over seed", note: "which schedule wins" },
    {
      line: "ablate compare lr-schedules --over seed --html schedules.html",
      note: "the same as a page with curves and samples"
    },
    { line: "ablate compare quickstart --by agreement", note: "ranked by another metric" }
  ],
  run: comparePipeline
}
