import { AimOutlined, EnvironmentOutlined } from "@ant-design/icons";
import { Button, Spin } from "antd";
import { lazy, Suspense, useState } from "react";
import { useReportGrids } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { WORST_M } from "../../map/pointing";
import { ProblemNotice } from "../../parts/ProblemNotice";
import type { Place } from "../../parts/whereAmI";

const PinMap = lazy(() => import("../../map/PinMap"));

/** From here on the server takes a phone's place for none. */
const TOO_ROUGH_M = 200;

interface Props {
  /** Where the phone is: undefined until it has said, null where it does not. */
  phone: Place | null | undefined;
  pinned: Place | null;
  askPhone: () => void;
  pin: (place: Place) => void;
}

/** The place to send: what was pointed out, else the phone's where that is sure enough, else none. */
export function placeToSend({ phone, pinned }: Pick<Props, "phone" | "pinned">): Place | null {
  if (pinned !== null) return pinned;
  return phone === undefined || phone === null || phone.accuracy_m > TOO_ROUGH_M ? null : phone;
}

/** Where it is, as the phone says; where it does not say well enough, how to make it, or to point it out on a map. */
export function ReportPlace({ phone, pinned, askPhone, pin }: Props) {
  const { t } = useSpeech();
  const [pointing, setPointing] = useState(false);
  const found = placeToSend({ phone, pinned });
  const said = () => {
    if (pinned !== null) return t("report.pinned", { metres: Math.round(pinned.accuracy_m) });
    if (phone === undefined) return t("report.locating");
    if (phone === null) return t("report.no_place");
    return t(found === null ? "report.rough" : "report.placed", { metres: Math.round(phone.accuracy_m) });
  };
  const asking = phone === undefined && pinned === null;
  return (
    <section className="card report-where" aria-labelledby="report-where">
      <h2 id="report-where">{t("report.where")}</h2>
      <p className="report-place" role="status"><EnvironmentOutlined aria-hidden /> {said()}</p>
      {!asking && (found === null || pinned !== null) && <Button block icon={<AimOutlined />} onClick={askPhone}>{t("report.ask_phone")}</Button>}
      {!asking && !pointing && <Button block icon={<EnvironmentOutlined />} onClick={() => setPointing(true)}>{t("report.point")}</Button>}
      {pointing && (
        <Pointing
          rough={phone ?? null}
          done={(place) => {
            pin(place);
            setPointing(false);
          }}
        />
      )}
    </section>
  );
}

function Pointing({ rough, done }: { rough: Place | null; done: (place: Place) => void }) {
  const { t } = useSpeech();
  const grids = useReportGrids();
  const [at, setAt] = useState<Place | null>(null);
  const close = at !== null && at.accuracy_m <= WORST_M;
  return (
    <>
      <p className="report-note" id="pin-how">{t("pin.how")}</p>
      {grids.error !== null && <ProblemNotice error={grids.error} again={() => void grids.refetch()} />}
      <Suspense fallback={<Spin className="whole-page" />}>
        {grids.data !== undefined && <PinMap grids={grids.data} rough={rough} onPoint={setAt} />}
      </Suspense>
      <Button block size="large" disabled={!close} aria-describedby="pin-how" onClick={() => at !== null && done(at)}>
        {t(at === null || close ? "pin.here" : "pin.closer")}
      </Button>
    </>
  );
}
