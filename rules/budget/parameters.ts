import type { ModelShape } from './model-shape.ts';

/** A linear layer, for counting its weights and those of an adapter beside it. */
interface Projection {
  readonly input: number;
  readonly output: number;
}

/** The projections of one layer's attention: query, key, value and output, or the latent ones of DeepSeek. */
function attentionProjections({ hidden, heads, kvHeads, headDim, latent }: ModelShape): readonly Projection[] {
  if (latent === undefined) {
    return [
      { input: hidden, output: heads * headDim },
      { input: hidden, output: kvHeads * headDim },
      { input: hidden, output: kvHeads * headDim },
      { input: heads * headDim, output: hidden },
    ];
  }
  const query = heads * (latent.keyDim + latent.ropeDim);
  return [
    ...(latent.queryRank === undefined ? [{ input: hidden, output: query }] : [{ input: hidden, output: latent.queryRank }, { input: latent.queryRank, output: query }]),
    { input: hidden, output: latent.kvRank + latent.ropeDim },
    { input: latent.kvRank, output: heads * (latent.keyDim + latent.valueDim) },
    { input: heads * latent.valueDim, output: hidden },
  ];
}

/** The three projections of a gated feed-forward block (gate, up, down); every model of the last years has that form. */
function feedForwardProjections(hidden: number, intermediate: number): readonly Projection[] {
  return [
    { input: hidden, output: intermediate },
    { input: hidden, output: intermediate },
    { input: intermediate, output: hidden },
  ];
}

/** Weights of one transformer layer; with experts, of a layer that has them. Norms are left out: below 0.01 %. */
export function layerParameters(shape: ModelShape): number {
  const { hidden, intermediate, experts } = shape;
  const attention = weights(attentionProjections(shape));
  if (experts === undefined) return attention + weights(feedForwardProjections(hidden, intermediate));
  const expert = weights(feedForwardProjections(hidden, experts.intermediate));
  return attention + experts.count * expert + weights(feedForwardProjections(hidden, experts.sharedIntermediate)) + experts.count * hidden;
}

/** A model's weights by what a quantisation treats alike. Norms and biases are left out: below 0.1 %. */
export interface WeightParts {
  readonly attention: number;
  /** Dense feed-forward blocks, and the experts that every token passes. */
  readonly blocks: number;
  readonly experts: number;
  readonly routers: number;
  readonly embeddings: number;
  /** 0 where the head is the embeddings. */
  readonly head: number;
}

export function weightParts(shape: ModelShape): WeightParts {
  const { hidden, intermediate, layers, experts, vocabulary, tiedEmbeddings } = shape;
  const dense = experts === undefined ? layers : Math.min(layers, experts.denseLayers);
  const sparse = layers - dense;
  const expert = experts === undefined ? 0 : experts.count * weights(feedForwardProjections(hidden, experts.intermediate));
  const shared = experts === undefined ? 0 : weights(feedForwardProjections(hidden, experts.sharedIntermediate));
  return {
    attention: layers * weights(attentionProjections(shape)),
    blocks: dense * weights(feedForwardProjections(hidden, intermediate)) + sparse * shared,
    experts: sparse * expert,
    routers: sparse * (experts?.count ?? 0) * hidden,
    embeddings: vocabulary * hidden,
    head: tiedEmbeddings ? 0 : vocabulary * hidden,
  };
}

export function totalParameters(shape: ModelShape): number {
  const { attention, blocks, experts, routers, embeddings, head } = weightParts(shape);
  return attention + blocks + experts + routers + embeddings + head;
}

/**
 * Weights of a low-rank adapter on every linear layer: rank × (input + output) each (arXiv 2106.09685). Experts get none,
 * as the trainers here do it (NeMo RL's and PEFT's `all-linear` leave fused experts out); the shared one does.
 */
export function adapterParameters(shape: ModelShape, rank: number): number {
  const block = shape.experts === undefined ? shape.intermediate : shape.experts.sharedIntermediate;
  const projections = [...attentionProjections(shape), ...(block === 0 ? [] : feedForwardProjections(shape.hidden, block))];
  return shape.layers * projections.reduce((sum, { input, output }) => sum + rank * (input + output), 0);
}

function weights(projections: readonly Projection[]): number {
  return projections.reduce((sum, { input, output }) => sum + input * output, 0);
}
