CREATE TABLE "app"."notification_reads" (
	"tenant_id" uuid NOT NULL,
	"member_id" uuid NOT NULL,
	"notification_id" uuid NOT NULL,
	"read_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notification_reads_pkey" PRIMARY KEY("tenant_id","member_id","notification_id")
);
--> statement-breakpoint
CREATE TABLE "app"."notifications" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"data" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notifications_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "notifications_tenant_id_key_key" UNIQUE("tenant_id","key"),
	CONSTRAINT "notifications_kind_known" CHECK ("app"."notifications"."kind" in ('USAGE_WARNING'))
);
--> statement-breakpoint
CREATE TABLE "app"."usage_days" (
	"tenant_id" uuid NOT NULL,
	"meter" text NOT NULL,
	"day" date NOT NULL,
	"slot" smallint NOT NULL,
	"feature" text NOT NULL,
	"api_key_id" uuid NOT NULL,
	"used" bigint NOT NULL,
	CONSTRAINT "usage_days_pkey" PRIMARY KEY("tenant_id","meter","day","slot","feature","api_key_id")
);
--> statement-breakpoint
CREATE TABLE "app"."usage_reservations" (
	"tenant_id" uuid NOT NULL,
	"id" uuid NOT NULL,
	"meter" text NOT NULL,
	"period" date NOT NULL,
	"day" date NOT NULL,
	"feature" text NOT NULL,
	"api_key_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"state" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "usage_reservations_pkey" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "usage_reservations_amount_positive" CHECK ("app"."usage_reservations"."amount" > 0),
	CONSTRAINT "usage_reservations_state_known" CHECK ("app"."usage_reservations"."state" in ('OPEN','SETTLED','RELEASED','EXPIRED'))
);
--> statement-breakpoint
CREATE TABLE "app"."usage_slots" (
	"tenant_id" uuid NOT NULL,
	"meter" text NOT NULL,
	"period" date NOT NULL,
	"slot" smallint NOT NULL,
	"used" bigint NOT NULL,
	"share" bigint NOT NULL,
	"basis" bigint NOT NULL,
	CONSTRAINT "usage_slots_pkey" PRIMARY KEY("tenant_id","meter","period","slot"),
	CONSTRAINT "usage_slots_slot_known" CHECK ("app"."usage_slots"."slot" between 0 and 15)
);
--> statement-breakpoint
ALTER TABLE "app"."notification_reads" ADD CONSTRAINT "notification_reads_notification_id_fkey" FOREIGN KEY ("tenant_id","notification_id") REFERENCES "app"."notifications"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."notification_reads" ADD CONSTRAINT "notification_reads_member_id_fkey" FOREIGN KEY ("tenant_id","member_id") REFERENCES "app"."members"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."notifications" ADD CONSTRAINT "notifications_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."usage_days" ADD CONSTRAINT "usage_days_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."usage_reservations" ADD CONSTRAINT "usage_reservations_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."usage_slots" ADD CONSTRAINT "usage_slots_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "app"."tenants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notifications_tenant_id_created_at_id_idx" ON "app"."notifications" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "usage_reservations_tenant_id_meter_period_idx" ON "app"."usage_reservations" USING btree ("tenant_id","meter","period") WHERE "app"."usage_reservations"."state" = 'OPEN';--> statement-breakpoint
CREATE INDEX "usage_reservations_expires_at_idx" ON "app"."usage_reservations" USING btree ("expires_at");