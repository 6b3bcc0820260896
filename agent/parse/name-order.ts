interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** By code unit: the same order on every machine, whatever its locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

export function byNamespaceAndName(a: Named, b: Named): number {
  return byText(a.namespace, b.namespace) || byText(a.name, b.name);
}
