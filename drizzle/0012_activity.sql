CREATE TABLE "app"."activity_hours" (
	"tenant_id" uuid NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"operations" bigint NOT NULL,
	"client_errors" bigint NOT NULL,
	"server_faults" bigint NOT NULL,
	"refused" bigint NOT NULL,
	"ms_1" bigint NOT NULL,
	"ms_2" bigint NOT NULL,
	"ms_5" bigint NOT NULL,
	"ms_10" bigint NOT NULL,
	"ms_20" bigint NOT NULL,
	"ms_50" bigint NOT NULL,
	"ms_100" bigint NOT NULL,
	"ms_200" bigint NOT NULL,
	"ms_500" bigint NOT NULL,
	"ms_1000" bigint NOT NULL,
	"ms_2000" bigint NOT NULL,
	"ms_5000" bigint NOT NULL,
	"ms_10000" bigint NOT NULL,
	"ms_more" bigint NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "activity_hours_pkey" PRIMARY KEY("tenant_id","hour")
);
--> statement-breakpoint
CREATE TABLE "app"."platform_days" (
	"day" date NOT NULL,
	"meter" text NOT NULL,
	"used" bigint NOT NULL,
	CONSTRAINT "platform_days_pkey" PRIMARY KEY("day","meter")
);
--> statement-breakpoint
CREATE TABLE "app"."platform_hours" (
	"hour" timestamp (3) with time zone PRIMARY KEY NOT NULL,
	"operations" bigint NOT NULL,
	"client_errors" bigint NOT NULL,
	"server_faults" bigint NOT NULL,
	"refused" bigint NOT NULL,
	"ms_1" bigint NOT NULL,
	"ms_2" bigint NOT NULL,
	"ms_5" bigint NOT NULL,
	"ms_10" bigint NOT NULL,
	"ms_20" bigint NOT NULL,
	"ms_50" bigint NOT NULL,
	"ms_100" bigint NOT NULL,
	"ms_200" bigint NOT NULL,
	"ms_500" bigint NOT NULL,
	"ms_1000" bigint NOT NULL,
	"ms_2000" bigint NOT NULL,
	"ms_5000" bigint NOT NULL,
	"ms_10000" bigint NOT NULL,
	"ms_more" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "app"."activity_hours" ADD CONSTRAINT "activity_hours_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "activity_hours_hour_idx" ON "app"."activity_hours" USING btree ("hour");--> statement-breakpoint
CREATE INDEX "purged_tenants_purged_at_idx" ON "app"."purged_tenants" USING btree ("purged_at");--> statement-breakpoint
CREATE INDEX "purged_tenants_created_at_idx" ON "app"."purged_tenants" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "usage_counters_day_idx" ON "app"."usage_counters" USING btree ("day");--> statement-breakpoint
CREATE INDEX "usage_days_day_idx" ON "app"."usage_days" USING btree ("day");