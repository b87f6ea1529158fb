import { Alert, Spin } from "antd";
import { Component, type ReactNode, Suspense } from "react";
import { useSpeech } from "../i18n/language";

/** Holds a map. One that cannot be fetched, or drawn on this screen, is said to be missing, and costs nothing of what stands around it. */
export class MapHolder extends Component<{ children: ReactNode }, { missing: boolean }> {
  override state = { missing: false };
  static getDerivedStateFromError = () => ({ missing: true });

  override render() {
    if (this.state.missing) return <Missing />;
    return <Suspense fallback={<Spin className="whole-page" />}>{this.props.children}</Suspense>;
  }
}

function Missing() {
  const { t } = useSpeech();
  return <Alert className="map-missing" type="warning" showIcon title={t("map.missing")} />;
}
