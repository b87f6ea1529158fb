import { markOf } from "./marks";

/** The drawing of a category. It only accompanies the category's name, so it is hidden from screen readers. */
export function CategoryMark({ category, size = 18 }: { category: string; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false" className="mark">
      <path d={markOf(category)} fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
