import { type Client, createClient } from "@connectrpc/connect";
import { AuthService } from "~/gen/briefing/v1/auth_service_pb";
import { BriefingService } from "~/gen/briefing/v1/briefing_service_pb";
import { CalendarService } from "~/gen/briefing/v1/calendar_service_pb";
import { DeliveryService } from "~/gen/briefing/v1/delivery_service_pb";
import { OrgService } from "~/gen/briefing/v1/org_service_pb";
import { PointService } from "~/gen/briefing/v1/point_service_pb";
import { QualityService } from "~/gen/briefing/v1/quality_service_pb";
import { ReportService } from "~/gen/briefing/v1/report_service_pb";
import { transport } from "./transport";

export const auth: Client<typeof AuthService> = createClient(AuthService, transport);
export const briefings: Client<typeof BriefingService> = createClient(BriefingService, transport);
export const calendar: Client<typeof CalendarService> = createClient(CalendarService, transport);
export const deliveries: Client<typeof DeliveryService> = createClient(DeliveryService, transport);
export const org: Client<typeof OrgService> = createClient(OrgService, transport);
export const point: Client<typeof PointService> = createClient(PointService, transport);
export const quality: Client<typeof QualityService> = createClient(QualityService, transport);
export const reports: Client<typeof ReportService> = createClient(ReportService, transport);
