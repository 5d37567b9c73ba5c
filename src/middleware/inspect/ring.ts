/** The last so many of what comes. */
export class Ring<Item extends { readonly number: number }> {
  private readonly most: number;
  private readonly items: Item[] = [];

  constructor(most: number) {
    this.most = most;
  }

  /** Adds an item, whose number is one more than that of the one before; the oldest goes where there is no room. */
  add(item: Item): void {
    this.items[item.number % this.most] = item;
  }

  /** The item of that number, unless it is gone. */
  get(number: number): Item | undefined {
    const found = this.items[number % this.most];
    return found?.number === number ? found : undefined;
  }

  /** All, the newest first. */
  all(): Item[] {
    return this.items.filter((item) => item !== undefined).sort((a, b) => b.number - a.number);
  }
}
