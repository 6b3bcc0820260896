import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** The labels of each metric that an expression may name, by its name. */
export type Metrics = ReadonlyMap<string, ReadonlySet<string>>;

export interface Reading {
  /** What is wrong with the expression; empty when all it names exists. */
  readonly problems: readonly string[];
  /** The labels that its series can have. */
  readonly labels: ReadonlySet<string>;
  /** Every metric it names. */
  readonly metrics: readonly string[];
}

type Labels = ReadonlySet<string>;
const NONE: Labels = new Set();
/** What Prometheus itself or the scrape puts on a series. `node` is not among them: railmedic_node_info names the node. */
const OF_THE_TARGET: Labels = new Set(['cluster', 'job', 'instance', 'namespace', 'pod', 'container', 'endpoint', 'service']);
const SET_OPERATORS = ['And', 'Unless', 'Or'];

/**
 * Reads a PromQL expression and follows its labels from the selectors outwards: each metric must be known, each label that is
 * selected, grouped or joined by must be one that the series can have there.
 */
export function readPromql(expression: string, known: Metrics): Reading {
  const reader = new Reader(expression, known);
  const labels = reader.labelsOf(parser.parse(expression).topNode.firstChild);
  return { problems: reader.problems, labels, metrics: [...reader.metrics] };
}

class Reader {
  readonly problems: string[] = [];
  readonly metrics = new Set<string>();
  readonly #text: string;
  readonly #known: Metrics;

  constructor(text: string, known: Metrics) {
    this.#text = text;
    this.#known = known;
    parser.parse(text).iterate({
      enter: ({ type, from }) => {
        if (type.isError) this.problems.push(`is no PromQL from character ${from} on: ${text.slice(from, from + 30)}`);
      },
    });
  }

  labelsOf(node: SyntaxNode | null): Labels {
    if (!node) return NONE;
    switch (node.name) {
      case 'VectorSelector':
        return this.#selector(node);
      case 'AggregateExpr':
        return this.#aggregate(node);
      case 'BinaryExpr':
        return this.#binary(node);
      case 'FunctionCall':
        return this.#call(node);
      case 'NumberDurationLiteral':
      case 'NumberDurationLiteralInDurationContext':
      case 'DurationExpr':
      case 'StringLiteral':
        return NONE;
      default:
        return union(childrenOf(node).map((child) => this.labelsOf(child)));
    }
  }

  #selector(node: SyntaxNode): Labels {
    const identifier = node.getChild('Identifier');
    if (!identifier) {
      this.problems.push(`${this.#of(node)} names no metric`);
      return NONE;
    }
    const name = this.#of(identifier);
    this.metrics.add(name);
    const own = this.#known.get(name);
    if (!own) {
      this.problems.push(`no metric is called ${name}`);
      return NONE;
    }
    // A recorded series has exactly the labels that its rule leaves it.
    const labels = name.includes(':') ? own : union([own, OF_THE_TARGET, new Set([...own].map((label) => `exported_${label}`))]);
    for (const label of this.#names(node.getChild('LabelMatchers'))) this.#expect(label, labels, name);
    return labels;
  }

  #aggregate(node: SyntaxNode): Labels {
    const body = node.getChild('FunctionCallBody');
    const inner = union(body ? childrenOf(body).map((child) => this.labelsOf(child)) : []);
    const modifier = node.getChild('AggregateModifier');
    const names = this.#names(modifier);
    for (const name of names) this.#expect(name, inner, 'what is aggregated');
    if (/^(top|bottom)k$/i.test(this.#of(node.getChild('AggregateOp') ?? node))) return inner;
    return modifier?.getChild('Without') ? inner.difference(new Set(names)) : new Set(names);
  }

  #binary(node: SyntaxNode): Labels {
    const [first, last] = [node.firstChild, node.lastChild];
    const [left, right] = [this.labelsOf(first), this.labelsOf(last)];
    const matching = node.getChild('MatchingModifierClause');
    const [by = [], taken = []] = (matching?.getChildren('GroupingLabels') ?? []).map((one) => this.#names(one));
    for (const name of by) {
      this.#expect(name, left, 'the left side');
      this.#expect(name, right, 'the right side');
    }
    const [many, one] = matching?.getChild('GroupRight') ? [right, left] : [left, right];
    for (const name of taken) this.#expect(name, one, 'the side that has one series each');
    if (node.getChild('Or')) return union([left, right]);
    if (SET_OPERATORS.some((operator) => node.getChild(operator))) return left;
    if (matching?.getChild('GroupLeft') || matching?.getChild('GroupRight')) return union([many, new Set(taken)]);
    if (matching?.getChild('On')) return new Set(by);
    return left.size === 0 ? right : left;
  }

  #call(node: SyntaxNode): Labels {
    const body = node.getChild('FunctionCallBody');
    const inputs = body ? childrenOf(body).map((child) => this.labelsOf(child)) : [];
    const inner = union(inputs);
    const name = this.#of(node.getChild('FunctionIdentifier') ?? node);
    if (name === 'absent' || name === 'time' || name === 'vector') return NONE;
    const [to = '', , ...from] = (body?.getChildren('StringLiteral') ?? []).map((one) => this.#of(one).slice(1, -1));
    if (name !== 'label_replace' && name !== 'label_join') return inner;
    for (const label of name === 'label_join' ? from : from.slice(0, 1)) if (label !== '') this.#expect(label, inner, `what ${name} is given`);
    return union([inner, new Set([to])]);
  }

  /** Label names below a node, in its own matchers or grouping only. */
  #names(node: SyntaxNode | null): readonly string[] {
    const names: string[] = [];
    node?.cursor().iterate((one) => {
      if (one.name === 'LabelName') names.push(this.#of(one));
    });
    return names;
  }

  #expect(label: string, labels: Labels, where: string): void {
    if (!labels.has(label)) this.problems.push(`${where} has no label ${label}, expected one of ${[...labels].toSorted().join(', ')}`);
  }

  #of({ from, to }: { readonly from: number; readonly to: number }): string {
    return this.#text.slice(from, to);
  }
}

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

function union(sets: readonly Labels[]): Labels {
  return new Set(sets.flatMap((set) => [...set]));
}
