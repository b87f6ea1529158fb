import { Select } from "antd";
import type { CaseFilter } from "../../api/useCases";
import { useGround } from "../../api/useGround";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech } from "../../i18n/language";
import { STATES } from "./useFilter";

interface Props {
  filter: CaseFilter;
  onFilter: (filter: CaseFilter) => void;
  /** How many are listed; null where that is not known. */
  shown: number | null;
  more: boolean;
}

export function QueueFilters({ filter, onFilter, shown, more }: Props) {
  const { t, code } = useSpeech();
  const { categories, nameOf } = useTaxonomy();
  const { grids, gridName } = useGround();
  return (
    <div className="queue-head">
      <h1 id="queue-title">
        {t("queue.title")} <span className="count" aria-live="polite">{more && shown !== null ? t("queue.at_least", { count: shown }) : shown}</span>
      </h1>
      <span className="queue-order">{t("queue.order")}</span>
      <div className="queue-filters">
        <Select
          mode="multiple" size="small" maxTagCount="responsive" allowClear aria-label={t("queue.by_state")}
          placeholder={t("queue.every_open")} value={[...filter.states]}
          options={STATES.map((state) => ({ value: state, label: code("state", state) }))}
          onChange={(states) => onFilter({ ...filter, states })}
        />
        <Select
          size="small" allowClear aria-label={t("queue.by_category")} placeholder={t("queue.every_category")} value={filter.category}
          options={categories.map(({ key }) => ({ value: key, label: nameOf(key) }))}
          onChange={(category) => onFilter({ ...filter, category: category ?? null })}
        />
        <Select
          size="small" allowClear aria-label={t("queue.by_grid")} placeholder={t("queue.every_grid")} value={filter.grid}
          options={grids.map((id) => ({ value: id, label: gridName(id) }))}
          onChange={(grid) => onFilter({ ...filter, grid: grid ?? null })}
        />
      </div>
    </div>
  );
}
