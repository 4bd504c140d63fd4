/** Words of a station's timeline; `cause` has the causes that the platform's rules name. */
export const timeline = {
  timeline: {
    at: "解释时间",
    earlier: "早 30 分钟",
    later: "晚 30 分钟",
    now: "现在",
    evse: "EVSE",
    allEvses: "全部 EVSE",
    export: "保存",
    show: "查看时间线",
    sources: "显示内容",
    before: "此前",
    evidence: "依据",
    probably: "很可能",
    also: "另外",
    stationSays: "充电站上报",
    cut: "还有未显示的内容。请选择一个时间查看其前后发生的事。",
    empty: "没有发生任何事",
    emptyText: "这段时间里充电站、车主和我们都没有动静。",
    linkUp: "已连接",
    linkLost: "连接断开",
    noAnswer: "无应答",
    answeredWithError: "以错误 {{code}} 应答",
    waited: "{{ms}} 毫秒后",
    openIncident: "打开事件",
    source: { link: "连接", status: "状态", message: "消息", command: "命令", session: "会话", payment: "支付", incident: "事件" },
    session: { started: "会话开始", charging_ended: "充电结束", ended: "会话结束", unplugged: "已拔枪" },
    payment: { opened: "支付已创建", held: "已预授权", captured: "已支付", released: "预授权已释放", failed: "支付失败" },
    cause: {
      no_link: {
        title: "充电站没有网络连接。",
        next: "先看同站点的其他充电站是否在线。若在线：检查本站的电源和通信模块；若都离线：检查站点网络。",
      },
      flapping: {
        title: "连接反复中断。",
        next: "查看信号强度和路由器日志；让充电站的心跳间隔短于网络切断空闲连接的时间。",
      },
      rejected: {
        title: "该充电站已被拒绝。",
        next: "如果是您的设备，请接受它；审计日志里有是谁拒绝的。",
      },
      pending: {
        title: "充电站正在等待接受。",
        next: "接受它，或完成它的配置。",
      },
      updating: {
        title: "充电站正在安装固件。",
        next: "请等待，完成后它会上报。在此之前无法充电。",
      },
      fault_lock: {
        title: "插头锁止机构无法锁上或打开。",
        next: "先远程解锁；无效时派人查看插头是否插好、锁舌能否活动。",
      },
      fault_car: {
        title: "车辆与充电站通信失败。",
        next: "请车主重新插枪，并换一辆车试试。若每辆车都如此：检查电缆或控制导引。",
      },
      fault_ground: {
        title: "接地保护已动作。",
        next: "电工检查之前请停用，不要远程复位。",
      },
      fault_heat: {
        title: "充电站过热。",
        next: "先让它冷却；检查风扇、滤网和枪头触点。",
      },
      fault_current: {
        title: "电流超过允许值。",
        next: "换一辆车试试。若再次发生：检查断路器、电缆和设定的限值。",
      },
      fault_voltage: {
        title: "电网电压异常。",
        next: "询问站点，并看其他充电站是否同样上报；若是，则为电网问题。",
      },
      fault_meter: {
        title: "电能表没有响应。",
        next: "没有电能表不得计费：停用并派技术员检修电表。",
      },
      fault_switch: {
        title: "接触器不动作。",
        next: "技术员检查之前请停用：触点可能已粘连。",
      },
      fault_reader: {
        title: "读卡器没有响应。",
        next: "重启充电站；期间车主可以用应用启动。",
      },
      fault_internal: {
        title: "充电站内部电子部件故障。",
        next: "先重启；仍然出现则联系厂家。",
      },
      fault_other: {
        title: "充电站上报了故障。",
        next: "查询厂家故障码；重启一次。若再次出现：派技术员。",
      },
      fault_passed: {
        title: "出现过故障，已自行恢复。",
        next: "请留意。若再次出现，在它停留之前派技术员检查。",
      },
      weak_signal: {
        title: "移动信号弱。",
        next: "移动或更换天线，或换一个运营商网络。",
      },
      warning: {
        title: "充电站发出警告。",
        next: "在厂家手册中查找它上报的代码。",
      },
      taken_out: {
        title: "有人将其停用。",
        next: "询问是谁停用的；原因消除后恢复服务。",
      },
      out_of_service: {
        title: "充电站上报自己停止服务。",
        next: "恢复服务；若仍然停用，说明有未上报的原因：请重启。",
      },
      emergency_stop: {
        title: "有人按下了急停按钮。",
        next: "向站点了解原因，然后须在现场松开按钮。",
      },
      power_loss: {
        title: "曾经断电。",
        next: "查看是否整个站点断电；若只有这一台，检查断路器。",
      },
      rebooted_in_session: {
        title: "充电过程中充电站重启。",
        next: "查看是谁下达的命令。若无人下达：电源或固件问题。",
      },
      limit_reached: {
        title: "达到限值，充电结束。",
        next: "这是约定好的；限值记录在充电会话中。",
      },
      token_blocked: {
        title: "该标识已被锁定。",
        next: "查看备注中的原因；若应当允许充电，请解锁。",
      },
      token_expired: {
        title: "该标识已过期。",
        next: "延长有效期，或换发新的。",
      },
      token_unknown: {
        title: "没有人认识这个标识。",
        next: "对比充电站读到的号码与卡面号码，然后添加。",
      },
      token_busy: {
        title: "该标识正在别处充电。",
        next: "结束另一个会话，或允许同时充电。",
      },
      token_no_credit: {
        title: "车主余额不足。",
        next: "请充值，或换一种支付方式。",
      },
      token_not_here: {
        title: "该标识不能在此地点充电。",
        next: "查看其所属组允许的地点。",
      },
      token_not_now: {
        title: "该标识不能在此时段充电。",
        next: "查看其所属组允许的时段。",
      },
      token_refused: {
        title: "标识被拒绝。",
        next: "查看该标识；充电站的缓存可能过旧。",
      },
      payment_failed: {
        title: "支付失败。",
        next: "未扣款。车主可以重试或换一张卡。",
      },
      start_rejected: {
        title: "充电站拒绝启动。",
        next: "查看接口是否空闲并已插枪；重新查询状态。",
      },
      start_unanswered: {
        title: "充电站没有回应启动命令。",
        next: "先看它是否有任何响应，再重启。",
      },
      not_plugged: {
        title: "充电站已就绪，但未及时插枪。",
        next: "请车主先插枪再启动。预授权会自动释放。",
      },
      suspended_by_station: {
        title: "充电站限制了电流。",
        next: "查看限值、充电曲线和站点负荷。",
      },
      suspended_by_car: {
        title: "车辆不取电。",
        next: "已充满，或在等待车辆自己的定时；车主可在车内看到。",
      },
      no_energy: {
        title: "会话结束但没有电量。",
        next: "请车主重新插枪。若每辆车都如此，换一个接口并检查触点。",
      },
      protocol_error: {
        title: "有消息以错误作答。",
        next: "查看旁边的消息；该品牌的已知差异见“特性”。",
      },
      unanswered: {
        title: "充电站不回应命令。",
        next: "先看它能否收到，再重启。",
      },
      reserved: {
        title: "接口为他人保留。",
        next: "预约里写明为谁、到何时。",
      },
      rebooted: {
        title: "充电站重启过。",
        next: "若无人下达命令，则是断电或固件故障。",
      },
      nothing_unusual: {
        title: "没有异常。",
        next: "充电站在线且就绪。请扩大时间范围，或询问车主屏幕上显示了什么。",
      },
    },
  },
};
